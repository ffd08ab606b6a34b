/** Still images as sources. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Assignment } from '../../src/contract/runnerProtocol.ts'
import { args } from '../fixtures/args.ts'
import {
  audio,
  image,
  preview,
  probing,
  sprite,
  stream,
  video,
  wave,
} from '../fixtures/renditions.ts'
import { nameColour, readPixelsAt } from './helpers/measureOutput.ts'
import { saveOutput } from './helpers/offeredJob.ts'
import { clip, harness, probeOutput, runJob, useRunnerHarness } from './helpers/runnerHarness.ts'
import { ffmpeg } from './mediaCases/caseFiles.ts'

useRunnerHarness()

/** Lime in the top left quarter, red elsewhere. */
const PICTURE = args`-f lavfi -i color=red:s=160x90,drawbox=w=80:h=45:color=lime:t=fill -frames:v 1`
const STILLS = ['still.jpg', 'still.jpeg', 'still.png', 'still.webp', 'still.gif', 'one-frame.png']

beforeAll(async () => {
  for (const name of ['still.jpg', 'still.jpeg', 'still.png', 'still.webp', 'still.gif']) {
    await ffmpeg(args`${PICTURE} ${name}`)
  }
  await ffmpeg(args`${PICTURE} -f apng one-frame.png`)
  await ffmpeg(
    args`-f lavfi -i color=red:s=160x90,drawbox=w=80:h=45:color=lime:t=fill -frames:v 3
    -f apng animated.png`,
  )
  await ffmpeg(args`${PICTURE} -pix_fmt gray gray.png`)
  await ffmpeg(args`${PICTURE} -pix_fmt rgb48be deep.png`)
  await ffmpeg(args`${PICTURE} -pix_fmt pal8 palette.png`)
  await ffmpeg(args`${PICTURE} -c:v libwebp -lossless 1 lossless.webp`)
  const half = args`-vf format=rgba,geq=r=255:g=0:b=0:a=255*lt(X\,80)`
  await ffmpeg(args`${PICTURE} ${half} half.png`)
  await ffmpeg(args`-i half.png -c:v libwebp half.webp`)
  await ffmpeg(args`-i half.png -vf ${'split[a][b];[a]palettegen[p];[b][p]paletteuse'} half.gif`)
  await ffmpeg(args`-f lavfi -i testsrc=s=160x90 -frames:v 5 -c:v libwebp_anim animated.webp`)
  const photo = await readFile(clip('still.jpg'))
  for (let orientation = 1; orientation <= 8; orientation += 1) {
    await writeFile(clip(`turned-${orientation}.jpg`), addJpegExif(photo, orientation))
  }
  const [png, webp, frames] = await Promise.all(
    ['still.png', 'still.webp', 'animated.png'].map((name) => readFile(clip(name))),
  )
  for (const orientation of PNG_ORIENTATIONS) {
    await writeFile(clip(`turned-${orientation}.png`), addPngExif(png!, orientation))
  }
  for (const orientation of WEBP_ORIENTATIONS) {
    await writeFile(clip(`turned-${orientation}.webp`), addWebpExif(webp!, orientation))
  }
  await writeFile(clip('turned-animation.png'), addPngExif(frames!, 6))
})

/** The odd ones come after the pixels, where EXIF data of a PNG can be too. */
const PNG_ORIENTATIONS = [2, 5, 6, 7]
const WEBP_ORIENTATIONS = [3, 4, 8]

function addPngExif(png: Buffer, orientation: number): Buffer {
  const body = Buffer.concat([Buffer.from('eXIf'), buildExif(orientation)])
  const [length, checksum] = [body.length - 4, crc32(body)].map((value) => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(value)
    return bytes
  })
  const position = orientation % 2 === 0 ? PNG_HEADER_BYTES : png.length - PNG_END_BYTES
  return Buffer.concat([
    png.subarray(0, position),
    length!,
    body,
    checksum!,
    png.subarray(position),
  ])
}
const PNG_HEADER_BYTES = 33
const PNG_END_BYTES = 12

/** Adds EXIF data to a WebP of 160 by 90 pixels that has only a chunk of pixels. */
function addWebpExif(webp: Buffer, orientation: number): Buffer {
  const exif = buildExif(orientation)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(exif.length)
  const changed = Buffer.concat([
    webp.subarray(0, 12),
    Buffer.from('VP8X\x0a\0\0\0\x08\0\0\0\x9f\0\0\x59\0\0', 'latin1'),
    webp.subarray(12),
    Buffer.from('EXIF'),
    length,
    exif,
  ])
  changed.writeUInt32LE(changed.length - 8, 4)
  return changed
}

/** Builds EXIF data with an orientation. */
function buildExif(orientation: number): Buffer {
  const entry = Buffer.from(`0112000300000001000${orientation}0000`, 'hex')
  const header = Buffer.from('MM\0*\0\0\0\b\0\u0001', 'latin1')
  return Buffer.concat([header, entry, Buffer.alloc(4)])
}

function addJpegExif(jpeg: Buffer, orientation: number): Buffer {
  const exif = Buffer.concat([Buffer.from('Exif\0\0'), buildExif(orientation)])
  const length = Buffer.alloc(2)
  length.writeUInt16BE(exif.length + 2)
  return Buffer.concat([
    jpeg.subarray(0, 2),
    Buffer.from([0xff, 0xe1]),
    length,
    exif,
    jpeg.subarray(2),
  ])
}

/**
 * Runs a job whose original has the name of the clip, because its extension selects the demuxer.
 */
function runStill(
  name: string,
  rendition: Assignment['rendition'],
  references: Record<string, string> = {},
) {
  return runJob(name, rendition, { filePath: `images/${name}` }, {}, references)
}

async function makeImage(name: string, more: Parameters<typeof image>[0] = {}) {
  const { job, finish } = await runStill(name, image({ format: 'png', ...more }))
  expect(finish).toMatchObject({ outcome: 'completed' })
  return { finish, ...(await probeOutput(job)) }
}
async function readDocument(job: Parameters<typeof probeOutput>[0]) {
  const path = await saveOutput(job, join(harness.scratch, 'saved.json'))
  return JSON.parse(await readFile(path, 'utf8')) as unknown
}
async function readCorners(path: string, { width, height }: { width: number; height: number }) {
  const [x, y] = [width - 8, height - 8]
  const pixels = await readPixelsAt(path, 0, [8, 8], [x, 8], [8, y], [x, y])
  return pixels.map((pixel) => nameColour(pixel))
}

describe.each(STILLS)('%s', (name) => {
  it.each(['jpg', 'png', 'webp'] as const)('becomes %s in its size', async (format) => {
    const { path, video: found } = await makeImage(name, { format })
    expect([found.width, found.height]).toEqual([160, 90])
    expect(await readCorners(path, found)).toEqual(['lime', 'red', 'red', 'red'])
  })

  it('is cropped and rotated together with a watermark', async () => {
    const edits = { width: 60, height: 60, resizeMode: 'crop', rotate: 90 } as const
    const watermark = 'brand/logo.png'
    const { job, finish } = await runStill(
      name,
      image({ format: 'png', ...edits, watermark, watermarkSize: 50 }),
      { [watermark]: clip('half.png') },
    )
    expect(finish).toMatchObject({ outcome: 'completed' })
    const { path, video: found } = await probeOutput(job)
    expect([found.width, found.height]).toEqual([60, 60])
    expect((await readCorners(path, found)).slice(0, 3)).toEqual(['red', 'lime', 'red'])
  })

  it('is its own best frame, and has a note about a requested second', async () => {
    const best = await makeImage(name, { pick: 'best' })
    expect(await readCorners(best.path, best.video)).toEqual(['lime', 'red', 'red', 'red'])
    const late = await makeImage(name, { atSeconds: 5 })
    expect(late.finish).toMatchObject({
      plan: {
        notes: expect.arrayContaining([
          'The file is a still image, so second 5 (tt) has no effect.',
        ]),
        reason: 'the source is a still image',
      },
      input: { durationSeconds: null, frameRate: null, width: 160, height: 90 },
    })
  })

  it.each<[string, Assignment['rendition']]>([
    ['video', video()],
    ['stream', stream()],
    ['preview', preview()],
    ['storyboard', sprite()],
    ['audio file', audio()],
    ['waveform', wave()],
  ])('is rejected as the source of a variant of the kind %s', async (kind, rendition) => {
    const { finish } = await runStill(name, rendition)
    expect(finish).toMatchObject({
      outcome: 'failed',
      errorCode: 'unsupported',
      message: expect.stringContaining(`The file is a still image. No ${kind} can be made of it.`),
    })
  })

  it('has a probe without times', async () => {
    const { job, finish } = await runStill(name, probing())
    expect(finish).toMatchObject({ outcome: 'completed' })
    expect(await readDocument(job)).toMatchObject({
      format: name === 'one-frame.png' ? 'png' : name.split('.')[1]!.replace('jpeg', 'jpg'),
      durationSeconds: null,
      streams: [{ displayWidth: 160, displayHeight: 90, frames: 1, frameRate: null }],
      remux: { mp4: expect.stringContaining('still image') },
    })
  })
})

it.each(['gray.png', 'deep.png', 'palette.png', 'lossless.webp'])('%s is read', async (name) => {
  const { path, video: found } = await makeImage(name)
  const [topLeft, topRight] = await readCorners(path, found)
  expect([topLeft, topRight]).toEqual(name === 'gray.png' ? ['gray', '76 76 76'] : ['lime', 'red'])
})

it.each([
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((orientation) => [orientation, 'jpg'] as const),
  ...PNG_ORIENTATIONS.map((orientation) => [orientation, 'png'] as const),
  ...WEBP_ORIENTATIONS.map((orientation) => [orientation, 'webp'] as const),
])('a photo with orientation %i is upright (%s)', async (orientation, extension) => {
  const name = `turned-${orientation}.${extension}`
  const corners = [0, 1, 3, 2, 0, 1, 3, 2]
  const { path, video: found } = await makeImage(name)
  expect([found.width, found.height]).toEqual(orientation > 4 ? [90, 160] : [160, 90])
  expect((await readCorners(path, found)).indexOf('lime')).toBe(corners[orientation - 1])
  const { job } = await runStill(name, probing())
  expect(await readDocument(job)).toMatchObject({
    streams: [{ width: 160, displayWidth: orientation > 4 ? 90 : 160 }],
  })
})

it('an animation with an orientation is upright', async () => {
  const { job, finish } = await runStill('turned-animation.png', video())
  expect(finish).toMatchObject({ outcome: 'completed' })
  const { path, video: found } = await probeOutput(job)
  expect([found.width, found.height]).toEqual([90, 160])
  expect(await readCorners(path, found)).toEqual(['red', 'lime', 'red', 'red'])
})

it('a watermark with an orientation is upright', async () => {
  const watermark = 'brand/logo.png'
  const rendition = image({
    format: 'png',
    watermark,
    watermarkSize: 50,
    watermarkGravity: 'center',
  })
  const { job } = await runStill('gray.png', rendition, { [watermark]: clip('turned-6.png') })
  const { path } = await probeOutput(job)
  // The watermark is as high as the frame. It would be 80 by 45 pixels if it was not turned.
  const pixels = await readPixelsAt(path, 0, [68, 8], [92, 20], [68, 75])
  expect(pixels.map((pixel) => nameColour(pixel))).toEqual(['red', 'lime', 'red'])
})

describe.each(['half.png', 'half.webp', 'half.gif'])('%s, half of it transparent,', (name) => {
  it.each(['png', 'webp'] as const)('keeps its transparency as %s', async (format) => {
    const { path } = await makeImage(name, { format, width: 80 })
    await ffmpeg(args`-i ${path} -vf alphaextract -frames:v 1 -update 1 alpha.png`)
    const pixels = await readPixelsAt(clip('alpha.png'), 0, [8, 8], [72, 8])
    expect(pixels.map((pixel) => nameColour(pixel))).toEqual(['white', 'black'])
  })

  it('has the background colour in its place as JPEG', async () => {
    const { path } = await makeImage(name, { format: 'jpg', background: '0000ff' })
    const pixels = await readPixelsAt(path, 0, [8, 8], [150, 8])
    expect(pixels.map((pixel) => nameColour(pixel))).toEqual(['red', 'blue'])
  })
})

it('an animated WebP is rejected, as a source and as a watermark', async () => {
  for (const rendition of [image(), video(), probing()]) {
    const { finish } = await runStill('animated.webp', rendition)
    expect(finish).toMatchObject({
      errorCode: 'unsupported',
      message: expect.stringContaining('The file is an animated WebP. ffmpeg cannot read it.'),
    })
  }
  const watermark = 'brand/logo.webp'
  const references = { [watermark]: clip('animated.webp') }
  const { finish } = await runJob('small.mp4', video({ watermark }), {}, {}, references)
  expect(finish).toMatchObject({
    errorCode: 'input_invalid',
    message: `The watermark cannot be used: ${watermark} is an animated WebP, which ffmpeg cannot read. Send a still image.`,
  })
})

it('a still image cannot be appended', async () => {
  const append = ['clips/still.gif']
  const references = { 'clips/still.gif': clip('still.gif') }
  const { finish } = await runJob('small.mp4', video({ append }), {}, {}, references)
  expect(finish).toMatchObject({
    errorCode: 'unsupported',
    message: expect.stringContaining('clips/still.gif cannot be appended (cat): it is a still'),
  })
})

it('an image of which nothing can be decoded is rejected', async () => {
  const photo = await readFile(clip('still.png'))
  await writeFile(clip('broken.png'), photo.subarray(0, 40))
  const { finish } = await runStill('broken.png', image())
  expect(finish).toMatchObject({ outcome: 'failed', errorCode: 'input_invalid' })
})
