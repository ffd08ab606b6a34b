/** Seeking in files without an index is as exact as in MP4. */
import { expect, describe, it } from 'vitest'
import { clip, probeOutput, runJob, useRunnerHarness } from './helpers/runnerHarness.ts'
import { audio, image, preview, stream, video, wave } from '../fixtures/renditions.ts'
import { measureLevel, readFrameTimes, readPixelsAt } from './helpers/measureOutput.ts'
import { makeStream } from './helpers/streamReader.ts'

useRunnerHarness()

const FILES = ['numbered.mp4', 'numbered.ts', 'numbered.mpg']

async function makeOutput(name: string, rendition: Parameters<typeof runJob>[1]) {
  const { job, finish } = await runJob(name, rendition)
  expect(finish).toMatchObject({ outcome: 'completed' })
  return { finish, ...(await probeOutput(job)) }
}

/** Reads the number of the frame at a second: its luma is 16 + 2n. */
async function readNumber(path: string, second = 0): Promise<number> {
  const [[red = 0] = []] = await readPixelsAt(path, second, [80, 45])
  return Math.round((red * 219) / 255 / 2)
}

/** The video of an MPEG stream begins some milliseconds after its audio, so a frame may differ. */
function expectNear(actual: number, expected: number) {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1)
}

describe.each(FILES)('%s', (name) => {
  it.each([0.5, 1.5, 2.98, 3.7])('has the frame of second %s', async (atSeconds) => {
    const { path } = await makeOutput(name, image({ atSeconds, format: 'png' }))
    expectNear(await readNumber(path), Math.ceil(atSeconds * 25))
  })

  it('is trimmed to the requested part, with its audio', async () => {
    const { path, audio: track } = await makeOutput(
      name,
      video({ startSeconds: 0.5, endSeconds: 1, width: 160 }),
    )
    const times = await readFrameTimes(path)
    expectNear(times.length, 13)
    expectNear(await readNumber(path), 13)
    expect(Math.abs(Number(track.duration) - 0.5)).toBeLessThan(0.06)
  })

  it('is trimmed in a preview', async () => {
    const { path } = await makeOutput(
      name,
      preview({ startSeconds: 1.5, endSeconds: 2.5, format: 'mp4', frameRate: 25 }),
    )
    expectNear((await readFrameTimes(path)).length, 25)
    expectNear(await readNumber(path), 38)
  })

  it('is trimmed in a stream', async () => {
    const { read, rungs } = await makeStream(
      name,
      stream({ startSeconds: 1.5, endSeconds: 3.5, segmentSeconds: 2 }),
    )
    const [segment] = read(String(rungs[0])).segments
    expect(Math.abs(Number(segment?.duration) - 2)).toBeLessThan(0.1)
  })

  it('is trimmed in an audio file, and gives a waveform of a part', async () => {
    const { format } = await makeOutput(
      name,
      audio({ startSeconds: 1, endSeconds: 2.5, format: 'wav' }),
    )
    expect(Math.abs(Number(format.duration) - 1.5)).toBeLessThan(0.06)
    await makeOutput(name, wave({ startSeconds: 1, endSeconds: 2.5 }))
  })

  it('gives a best frame', async () => {
    await makeOutput(name, image({ pick: 'best' }))
  })
})

it.each(['numbered.mp4', 'numbered.ts'])(
  'a copy of %s begins at the key frame before the start',
  async (name) => {
    const { path, finish } = await makeOutput(
      name,
      video({ startSeconds: 1.5, trimMode: 'fast', quality: 100, format: 'mkv' }),
    )
    expect(finish).toMatchObject({ plan: { video: { action: 'copy' } } })
    expect(await readNumber(path)).toBe(25)
    expect(await readFrameTimes(path)).toHaveLength(75)
  },
)

describe.each(['numbered.ts', 'numbered.mpg', 'numbered.mp4'])('after a part of %s', (name) => {
  it.each(['numbered.ts', 'numbered.mpg', 'numbered.mp4'])(
    '%s follows without a gap',
    async (appended) => {
      const append = [`b/${appended}`]
      const references = { [`b/${appended}`]: clip(appended) }
      const rendition = video({ startSeconds: 1, endSeconds: 2, width: 160, append })
      const { job, finish } = await runJob(name, rendition, {}, {}, references)
      expect(finish).toMatchObject({ outcome: 'completed' })
      const { path, format } = await probeOutput(job)
      expect(Math.abs(Number(format.duration) - 5)).toBeLessThan(0.1)
      for (const second of [1.2, 2.2, 4.2]) {
        expectNear(await readNumber(path, second), Math.round((second - 1) * 25))
      }
      expect(await measureLevel(path, 1.1, 1.6)).toBeGreaterThan(-40)
      expect(await measureLevel(path, 4.4, 4.9)).toBeGreaterThan(-40)
    },
  )
})
