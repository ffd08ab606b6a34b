import { describe, expect, it } from 'vitest'
import { clip, probeOutput, runJob, useRunnerHarness } from './helpers/runnerHarness.ts'
import { audio, video } from '../fixtures/renditions.ts'
import {
  readFrameTimes,
  measureLevel,
  nameColour,
  readPixelsAt,
  measureTone,
} from './helpers/measureOutput.ts'

useRunnerHarness()

type RenditionFields = Parameters<typeof video>[0]
async function makeOutput(
  name: string,
  rendition: RenditionFields,
  references: Record<string, string> = {},
) {
  return probeOutput(
    (await runJob(name, video({ quality: 90, ...rendition }), {}, {}, references)).job,
  )
}
async function coloursAt(path: string, seconds: number, ...places: [number, number][]) {
  return (await readPixelsAt(path, seconds, ...places)).map(nameColour)
}

/** Returns the four corners of a frame of that size, clockwise from the top left. */
function corners(width: number, height: number): [number, number][] {
  return [
    ...([
      [5, 5],
      [width - 6, 5],
    ] as [number, number][]),
    ...([
      [width - 6, height - 6],
      [5, height - 6],
    ] as [number, number][]),
  ]
}

describe('a video frame', () => {
  it.each([
    ['keeps its orientation', {}, [80, 60], ['white', 'blue', 'blue', 'red']],
    ['is rotated by 90 degrees', { rotate: 90 }, [60, 80], ['red', 'white', 'blue', 'blue']],
    ['is rotated by 180 degrees', { rotate: 180 }, [80, 60], ['blue', 'red', 'white', 'blue']],
    ['is rotated by 270 degrees', { rotate: 270 }, [60, 80], ['blue', 'blue', 'red', 'white']],
    ['is flipped horizontally', { flip: 'h' }, [80, 60], ['blue', 'white', 'red', 'blue']],
    ['is flipped vertically', { flip: 'v' }, [80, 60], ['red', 'blue', 'blue', 'white']],
    ['is flipped in both directions', { flip: 'hv' }, [80, 60], ['blue', 'red', 'white', 'blue']],
  ] as [string, RenditionFields, [number, number], string[]][])(
    '%s',
    async (_, rendition, size, colours) => {
      const { video: stream, path } = await makeOutput('sides.mp4', rendition)
      expect([stream.width, stream.height]).toEqual(size)
      expect(await coloursAt(path, 0, ...corners(...size))).toEqual(colours)
    },
  )

  it.each([
    [0, 'red'],
    [1, 'blue'],
  ])('is cropped around its focal point (%d)', async (focusX, colour) => {
    const rendition = { width: 30, height: 30, resizeMode: 'crop', focusX, focusY: 1 } as const
    const { path } = await makeOutput('sides.mp4', rendition)
    expect(await coloursAt(path, 0, [15, 15])).toEqual([colour])
  })

  it('is padded with a colour', async () => {
    const { path } = await makeOutput('red.mp4', {
      width: 90,
      height: 90,
      resizeMode: 'pad',
      background: '0000ff',
    })
    expect(await coloursAt(path, 0, [45, 4], [45, 45], [45, 85])).toEqual(['blue', 'red', 'blue'])
  })

  it('is padded with a blurred copy of itself', async () => {
    const { video: stream, path } = await makeOutput('sides.mp4', {
      width: 80,
      height: 160,
      resizeMode: 'pad',
      background: 'blur',
    })
    expect([stream.width, stream.height]).toEqual([80, 160])
    expect(await coloursAt(path, 0, [10, 90], [60, 80])).toEqual(['red', 'blue'])
    const [[leftRed, , leftBlue] = [], [rightRed, , rightBlue] = []] = await readPixelsAt(
      ...([path, 0] as const),
      ...([
        [8, 150],
        [72, 150],
      ] as [number, number][]),
    )
    expect(Number(leftRed)).toBeGreaterThan(Number(leftBlue) + 50)
    expect(Number(rightBlue)).toBeGreaterThan(Number(rightRed) + 50)
  })
})

describe('a watermark', () => {
  const references = () => ({ 'brand/logo.png': clip('logo.png') })

  it.each(['png', 'jpg', 'webp'])('as %s has the requested position and size', async (type) => {
    const watermark = `brand/logo.${type}`
    const { path } = await makeOutput(
      'red.mp4',
      { watermark, watermarkGravity: 'south_east', watermarkSize: 25, audioCodec: 'none' },
      { [watermark]: clip(`logo.${type}`) },
    )
    // The watermark is 40 by 20, 3 pixels from the edges of the 160 by 90 frame. It covers x from
    // 117 to 156 and y from 67 to 86.
    const colours = await coloursAt(
      path,
      0.8,
      [137, 77],
      [120, 70],
      [112, 77],
      [137, 62],
      [159, 89],
    )
    expect(colours).toEqual(['white', 'white', 'red', 'red', 'red'])
  })

  it('can be half transparent', async () => {
    const rendition = {
      watermark: 'brand/logo.png',
      watermarkSize: 50,
      watermarkOpacity: 50,
    } as const
    const { path } = await makeOutput(
      'red.mp4',
      { ...rendition, watermarkGravity: 'center' },
      references(),
    )
    const [[red, green, blue] = []] = await readPixelsAt(path, 0, [80, 45])
    expect(red).toBeGreaterThan(230)
    for (const each of [green, blue]) {
      expect(Math.abs(Number(each) - 128)).toBeLessThan(25)
    }
  })

  it('is rejected when its name ends in .gif', async () => {
    const rendition = video({ watermark: 'brand/logo.gif' })
    const { finish } = await runJob(
      'red.mp4',
      rendition,
      {},
      {},
      { 'brand/logo.gif': clip('logo.png') },
    )
    expect(finish).toMatchObject({
      errorCode: expect.stringMatching(/unsupported|input_invalid/),
      message: expect.stringMatching(/logo\.gif/),
    })
  })
})

describe('the speed and the duration', () => {
  it('double speed keeps the pitch', async () => {
    const { path, format } = await makeOutput('keyframes.mp4', { speed: 2 })
    expect(Number(format.duration)).toBeCloseTo(1.5, 1)
    expect(await readFrameTimes(path)).toHaveLength(15)
    expect((await measureTone(path, 440)) - (await measureTone(path, 880))).toBeGreaterThan(20)
  })

  it('quarter speed keeps the pitch', async () => {
    const { path, format } = await makeOutput('red.mp4', { speed: 0.25 })
    expect(Number(format.duration)).toBeCloseTo(4, 0)
    expect((await measureTone(path, 440)) - (await measureTone(path, 220))).toBeGreaterThan(20)
  })

  it('fades apply to video and audio', async () => {
    const { path } = await makeOutput('red.mp4', { fadeInSeconds: 0.4, fadeOutSeconds: 0.4 })
    expect(await coloursAt(path, 0, [80, 45])).toEqual(['black'])
    expect(await coloursAt(path, 0.5, [80, 45])).toEqual(['red'])
    const [[red] = []] = await readPixelsAt(path, 0.9, [80, 45])
    expect(red).toBeLessThan(130)
    const middle = await measureLevel(path, 0.45, 0.55)
    expect(middle - (await measureLevel(path, 0, 0.1))).toBeGreaterThan(6)
    expect(middle - (await measureLevel(path, 0.9, 1))).toBeGreaterThan(6)
  })

  it('times of a trim are times before the change of speed', async () => {
    const { path } = await makeOutput('sides.mp4', {
      startSeconds: 0.2,
      endSeconds: 0.4,
      speed: 0.5,
      rotate: 90,
      fadeInSeconds: 0,
    })
    expect((await readFrameTimes(path)).at(-1)).toBeCloseTo(0.2, 2)
  })
})

describe('appended files', () => {
  const references = () => ({
    'b/lime.mp4': clip('lime-silent.mp4'),
    'b/blue.mkv': clip('blue.mkv'),
  })

  it('get the frame size and rate of the first file, and silence if they lack audio', async () => {
    const append = ['b/lime.mp4', 'b/blue.mkv']
    const output = await makeOutput('red.mp4', { append }, references())
    expect(output.video).toMatchObject({ width: 160, height: 90, avg_frame_rate: '10/1' })
    expect(await readFrameTimes(output.path)).toHaveLength(30)
    expect(Number(output.format.duration)).toBeCloseTo(3, 0)
    const at = (seconds: number) => coloursAt(output.path, seconds, [80, 45], [20, 45])
    expect(await at(0.5)).toEqual(['red', 'red'])
    // lime-silent.mp4 is half as wide, so it has bars at the left and right.
    expect(await at(1.5)).toEqual(['lime', 'black'])
    expect(await at(2.5)).toEqual(['blue', 'blue'])
    const levels = await Promise.all([
      measureLevel(output.path, 0.3, 0.7),
      measureLevel(output.path, 1.3, 1.7),
      measureLevel(output.path, 2.3, 2.7),
    ])
    expect(levels.map((level) => level > -60)).toEqual([true, false, true])
  })

  it('give the output audio when only a later file has audio', async () => {
    const output = await makeOutput('silent.mp4', { append: ['b/blue.mkv'] }, references())
    expect(output.audio.codec_name).toBe('aac')
    expect(await measureLevel(output.path, 0.2, 0.8)).toBeLessThan(-60)
    expect(await measureLevel(output.path, 1.2, 1.8)).toBeGreaterThan(-40)
  })

  it('can be joined in an audio file', async () => {
    const rendition = audio({
      format: 'mp3',
      audioCodec: 'mp3',
      append: ['b/blue.mkv'],
      startSeconds: 0.5,
    })
    const { job } = await runJob('tone.wav', rendition, {}, {}, references())
    expect(Number((await probeOutput(job)).format.duration)).toBeCloseTo(1.55, 1)
  })

  it('are rejected when one has no video, and the message names it', async () => {
    const rendition = video({ append: ['b/tone.wav'] })
    const { finish } = await runJob(
      'red.mp4',
      rendition,
      {},
      {},
      { 'b/tone.wav': clip('tone.wav') },
    )
    expect(finish).toMatchObject({
      errorCode: 'unsupported',
      message: expect.stringMatching(/^b\/tone\.wav cannot be appended/),
    })
  })
})
