/** Colour tags that are reserved or invalid, and colours that cannot be converted. */
import { beforeAll, describe, expect, it } from 'vitest'
import { args } from '../../fixtures/args.ts'
import { image, sprite, video } from '../../fixtures/renditions.ts'
import { H264, plainColor } from '../helpers/clips/inputs.ts'
import { nameColour, readPixelsAt } from '../helpers/measureOutput.ts'
import { probeOutput, runJob, useRunnerHarness } from '../helpers/runnerHarness.ts'
import { changeBytes, ffmpeg, formatBox } from './caseFiles.ts'

useRunnerHarness()

/** Primaries, transfer and matrix by their numbers in ITU-T H.273. */
const TAGS: [string, number, number, number][] = [
  ['reserved', 3, 3, 3],
  ['reserved-matrix', 1, 1, 3],
  ['reserved-primaries', 3, 1, 1],
  ['rgb-matrix', 1, 1, 0],
  ['unusual-matrix', 1, 1, 11],
  ['pq-reserved', 3, 16, 3],
  ['hlg-reserved-primaries', 3, 18, 9],
  ['pq-rgb-matrix', 9, 16, 0],
  ['ipt-matrix-h264', 1, 1, 15],
]

beforeAll(async () => {
  for (const [name, primaries, transfer, matrix] of TAGS) {
    const tags = `colour_primaries=${primaries}:transfer_characteristics=${transfer}:matrix_coefficients=${matrix}`
    await ffmpeg(
      args`${plainColor('red', '160x90', 10, 1)} ${H264} -bsf:v h264_metadata=${tags} ${name}.mp4`,
    )
  }
  await ffmpeg(args`-i hevc.mkv -c copy -tag:v hvc1 hevc.mp4`)
  await changeBytes('hevc.mp4', 'dolby5.mp4', addDolbyVision)
})

/** Adds a configuration of Dolby Vision profile 5 to an MP4 file whose index is at its end. */
function addDolbyVision(bytes: Buffer): Buffer {
  const at = bytes.indexOf('hvcC') - 4
  const end = at + bytes.readUInt32BE(at)
  const box = formatBox('dvcC', Buffer.concat([Buffer.from('01000a0d00', 'hex'), Buffer.alloc(19)]))
  const changed = Buffer.concat([bytes.subarray(0, end), box, bytes.subarray(end)])
  for (const type of ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd', 'hvc1']) {
    const start = bytes.lastIndexOf(type, at) - 4
    changed.writeUInt32BE(changed.readUInt32BE(start) + box.length, start)
  }
  return changed
}

describe('colour tags', () => {
  it.each(TAGS)(
    'of %s.mp4 do not prevent outputs in which red stays red',
    async (name, _, transfer) => {
      for (const rendition of [video({ width: 96 }), image({ format: 'png' })]) {
        const { job, finish } = await runJob(`${name}.mp4`, rendition)
        expect(finish).toMatchObject({ outcome: 'completed' })
        const { path } = await probeOutput(job)
        const [pixel = []] = await readPixelsAt(path, 0, [40, 30])
        const isHdr = transfer > 15
        expect(isHdr ? Number(pixel[0]) > Number(pixel[1]) : nameColour(pixel)).toBe(
          isHdr ? true : 'red',
        )
      }
      if (name.includes('reserved')) {
        expect((await runJob(`${name}.mp4`, sprite())).finish.outcome).toBe('packaged')
      }
    },
  )
})

/** Tags that only the container declares: its colr box, or its element Colour. */
const CONTAINER_TAGS: [string, number, number, number][] = [
  ['reserved', 3, 3, 3],
  ['invalid', 99, 99, 99],
  ['unusual-matrix', 1, 1, 11],
  ['rgb-matrix', 1, 1, 0],
  ['sdr-ictcp', 1, 1, 14],
  ['pq-reserved', 3, 16, 3],
]
const BT709 = args`-color_primaries bt709 -color_trc bt709 -colorspace bt709 -color_range tv`
const VP9 = args`-c:v libvpx-vp9 -deadline realtime -cpu-used 8`
const AV1 = args`-c:v libaom-av1 -usage realtime -cpu-used 8`
const CODECS: [string, readonly string[]][] = [
  ['mpeg4.mp4', args`-c:v mpeg4 -pix_fmt yuv420p`],
  ['mpeg4.mkv', args`-c:v mpeg4 -pix_fmt yuv420p`],
  ['prores.mov', args`-c:v prores_ks -pix_fmt yuv422p10le`],
  ['mjpeg.mkv', args`-c:v mjpeg -pix_fmt yuvj420p`],
  ['vp8.webm', args`-c:v libvpx -deadline realtime`],
  ['vp9.webm', args`${VP9} -pix_fmt yuv420p`],
  ['av1.mp4', args`${AV1} -pix_fmt yuv420p`],
]

/** Changes the colour tags of a container. Matroska has each in a byte, MP4 in two. */
function tagContainer(bytes: Buffer, [primaries, transfer, matrix]: readonly number[]): Buffer {
  const changed = Buffer.from(bytes)
  const tags = { '55bb81': primaries, '55ba81': transfer, '55b181': matrix }
  for (const [element, tag] of Object.entries(tags)) {
    const position = changed.indexOf(element, 'hex')
    if (position >= 0) {
      changed[position + 3] = tag!
    }
  }
  for (const type of ['colrnclx', 'colrnclc']) {
    const position = changed.indexOf(type)
    if (position >= 0) {
      changed.set([0, primaries!, 0, transfer!, 0, matrix!], position + 8)
    }
  }
  return changed
}

/** Cases of every container. The other cases are tested with the first codec of MP4 and Matroska. */
const COMMON_CASES = ['reserved', 'pq-reserved']

describe.each(CODECS)('colour tags of the container of %s', (file, codec) => {
  it.each(
    CONTAINER_TAGS.filter(([name]) => file.startsWith('mpeg4') || COMMON_CASES.includes(name)),
  )('%s are treated as absent', async (name, ...tags) => {
    const tagged = `${name}-${file}`
    await ffmpeg(args`${plainColor('red', '160x90', 10, 0.5)} ${codec} ${BT709} tagged-${file}`)
    await changeBytes(`tagged-${file}`, tagged, (bytes) => tagContainer(bytes, tags))
    const frame = image({ pick: 'best', format: 'png' })
    for (const rendition of [video({ width: 96 }), ...(name === 'reserved' ? [frame] : [])]) {
      const { job, finish } = await runJob(tagged, rendition)
      expect(finish).toMatchObject({ outcome: 'completed' })
      const [[red = 0, green = 0] = []] = await readPixelsAt(
        (await probeOutput(job)).path,
        0,
        [40, 30],
      )
      expect(red).toBeGreaterThan(Math.max(150, green * 2))
    }
  })
})

/** Unusual matrices, each with primaries and a transfer function that it occurs with. */
const MATRICES: [string, string, string][] = [
  ['ycgco', 'bt709', 'bt709'],
  ['bt2020c', 'bt2020', 'bt2020-10'],
  ['chroma-derived-nc', 'bt709', 'bt709'],
  ['chroma-derived-c', 'bt709', 'bt709'],
  ['ictcp', 'bt2020', 'smpte2084'],
]

it.each(MATRICES)('colours of the matrix %s are converted', async (matrix, primaries, transfer) => {
  const convert = `format=gbrp,zscale=min=gbr:pin=bt709:tin=bt709:p=${primaries}:t=${transfer}:m=${matrix}:r=limited:npl=100,format=yuv444p10le`
  for (const colour of ['red', 'lime', 'blue']) {
    const tags = args`-colorspace ${matrix} -color_primaries ${primaries} -color_trc ${transfer}`
    await ffmpeg(
      args`${plainColor(colour, '160x90', 10, 0.5)} -vf ${convert} -c:v libx264
      -preset ultrafast ${tags} ${matrix}.mp4`,
    )
    const frame = image({ pick: 'best', format: 'png' })
    for (const rendition of [video({ width: 96 }), ...(colour === 'red' ? [frame] : [])]) {
      const { job, finish } = await runJob(`${matrix}.mp4`, rendition)
      expect(finish).toMatchObject({ outcome: 'completed' })
      expect(JSON.stringify(finish)).not.toMatch(/colours are approximate/)
      const [pixel = []] = await readPixelsAt((await probeOutput(job)).path, 0, [40, 30])
      const strongest = ['red', 'lime', 'blue'][pixel.indexOf(Math.max(...pixel))]
      expect(transfer === 'smpte2084' ? strongest : nameColour(pixel)).toBe(colour)
    }
  }
})

it('a matrix that cannot be converted is noted', async () => {
  for (const matrix of [11, 15]) {
    const { finish } = await runJob(
      matrix === 11 ? 'unusual-matrix.mp4' : 'ipt-matrix-h264.mp4',
      video({ width: 96 }),
    )
    // ffmpeg 5.1 does not know matrix 15.
    const all = finish.outcome === 'completed' ? (finish.plan?.notes ?? []) : ['failed']
    const notes = all.filter((note) => !note.includes('larger than'))
    expect(matrix === 15 && notes.length === 0 ? ['colours are approximate'] : notes).toEqual([
      expect.stringContaining('colours are approximate'),
    ])
  }
})

it('colours of Dolby Vision that cannot be converted are rejected', async () => {
  const { finish } = await runJob('dolby5.mp4', video({ width: 96 }))
  expect(finish).toMatchObject({
    errorCode: 'unsupported',
    message:
      'The video (hevc) is Dolby Vision of profile 5, whose colours cannot be converted, so no video can be made from it.',
  })
})

/** Dark red in PQ, with the primaries of BT.2020. */
const PQ_RED = args`-f lavfi -i color=c=0x9b2010:s=127x95:r=10:d=0.2,format=gbrp`
// ffmpeg 5.1 takes the tags of the file from the options, 7.1 from the frames.
const PQ_TAGS = args`-color_primaries bt2020 -color_trc smpte2084 -vf
  setparams=color_primaries=bt2020:color_trc=smpte2084`
const RGB_FILES: [string, readonly string[]][] = [
  ['gbrp.mkv', args`-c:v ffv1 -pix_fmt gbrp10le`],
  ['rgb.mov', args`-c:v png -pix_fmt rgb24`],
  ['raw.mov', args`-c:v rawvideo -pix_fmt bgr24`],
  ['gray.mkv', args`-c:v ffv1 -pix_fmt gray10le`],
]

it.each(RGB_FILES)(
  'HDR in RGB or grey has the same colours in even and odd sizes (%s)',
  async (name, list) => {
    await ffmpeg(args`${PQ_RED} ${list} ${PQ_TAGS} pq-${name}`)
    for (const rendition of [video({ width: 64 }), image({ format: 'jpg', width: 61 })]) {
      const { job, finish } = await runJob(`pq-${name}`, rendition)
      expect(finish).toMatchObject({ outcome: 'completed' })
      const [[red = 0, green = 0, blue = 0] = []] = await readPixelsAt(
        (await probeOutput(job)).path,
        0,
        [30, 20],
      )
      const expected = name === 'gray.mkv' ? [54, 54, 54] : [222, 0, 0]
      const differences = [red, green, blue].map((value, at) => Math.abs(value - expected[at]!))
      expect(Math.max(...differences)).toBeLessThan(7)
    }
  },
)
