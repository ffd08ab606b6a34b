/** Sources whose frame size or number of channels changes in mid-stream. */
import { describe, expect, it } from 'vitest'
import { probeOutput, runJob, useRunnerHarness } from './helpers/runnerHarness.ts'
import { audio, sprite, stream, video } from '../fixtures/renditions.ts'
import { makeStream } from './helpers/streamReader.ts'
import { measureLevel, nameColour, readFrameTimes, readPixelsAt } from './helpers/measureOutput.ts'

useRunnerHarness()

async function makeOutput(name: string, rendition: Parameters<typeof runJob>[1]) {
  const { job, finish } = await runJob(name, rendition)
  expect(finish).toMatchObject({ outcome: 'completed' })
  return probeOutput(job)
}

async function readColour(path: string, second: number, place: [number, number] = [80, 45]) {
  return nameColour((await readPixelsAt(path, second, place))[0])
}

describe('a change of the frame size and of the number of channels', () => {
  it.each([
    ['a video', video({ width: 160 })],
    ['a video with fades', video({ width: 160, fadeInSeconds: 0.5, fadeOutSeconds: 0.5 })],
    ['a video with a frame rate', video({ width: 160, frameRate: 25 })],
    ['WebM', video({ width: 160, format: 'webm' })],
  ])('changes neither the times nor the size of %s', async (_, rendition) => {
    const {
      path,
      format,
      video: track,
      audio: audioTrack,
    } = await makeOutput('change.ts', rendition)
    expect([track.width, track.height]).toEqual([160, 90])
    expect(Math.abs(Number(format.duration) - 10)).toBeLessThan(0.15)
    const times = await readFrameTimes(path)
    expect(Math.abs(times.length - 250)).toBeLessThan(4)
    expect(Number(times.at(-1))).toBeLessThan(10.1)
    expect(await readColour(path, 4.5)).toBe('red')
    expect(await readColour(path, 5.5)).toBe('blue')
    expect(audioTrack).toBeDefined()
  })

  it.each(['m4a', 'mp3', 'wav', 'opus'] as const)(
    'keeps the audio in place in %s',
    async (format) => {
      const { path, format: found } = await makeOutput('change.ts', audio({ format }))
      expect(Math.abs(Number(found.duration) - 10)).toBeLessThan(0.2)
      expect(await measureLevel(path, 0.5, 4.5)).toBeGreaterThan(-40)
      expect(await measureLevel(path, 5.5, 9.5)).toBeGreaterThan(-40)
    },
  )

  it('changes neither the segments nor the duration of a stream', async () => {
    const { read, rungs } = await makeStream('change.ts', stream({ segmentSeconds: 2 }))
    for (const playlist of [...rungs, 'a.m3u8']) {
      const seconds = read(playlist).segments.reduce((all, { duration }) => all + duration, 0)
      expect(Math.abs(seconds - 10)).toBeLessThan(0.15)
    }
  })

  it('does not stop a storyboard', async () => {
    const { finish } = await runJob('change.ts', sprite({ intervalSeconds: 1 }))
    expect(finish).toMatchObject({ outcome: 'packaged' })
  })
})

describe.each([
  ['joined.mp3', 6.06],
  ['joined-rates.mp3', 5.1],
  ['joined-declared.mp3', 6.06],
  ['joined.aac', 6.06],
])('%s, which is joined from files of different channels or sample rates,', (name, seconds) => {
  const formats = ['wav', 'm4a', 'mp3'] as const
  it.each(formats.slice(0, name === 'joined-rates.mp3' ? 3 : 1))(
    'becomes one file without a gap as %s',
    async (format) => {
      const { job, finish } = await runJob(name, audio({ format }))
      expect(finish).toMatchObject({ outcome: 'completed' })
      const input = 'input' in finish ? finish.input : undefined
      expect(Math.abs(Number(input?.durationSeconds) - seconds)).toBeLessThan(0.1)
      const { path, format: found } = await probeOutput(job)
      expect(Math.abs(Number(found.duration) - seconds)).toBeLessThan(0.2)
      for (const second of [0.3, seconds / 2, seconds - 0.6]) {
        expect(await measureLevel(path, second, second + 0.3)).toBeGreaterThan(-40)
      }
    },
  )
})

it('joined AAC of different sample rates keeps its duration', async () => {
  const { path, format } = await makeOutput('joined-rates.aac', audio({ format: 'wav' }))
  expect(Math.abs(Number(format.duration) - 6.06)).toBeLessThan(0.2)
  expect(await measureLevel(path, 5, 5.8)).toBeGreaterThan(-40)
})

it('a window that is resized keeps its shape in a frame of the first size', async () => {
  const { path, video: track } = await makeOutput('window.webm', video({ width: 160 }))
  expect([track.width, track.height]).toEqual([160, 90])
  expect(await readFrameTimes(path)).toHaveLength(60)
  expect(await readColour(path, 3)).toBe('lime')
  expect(await readColour(path, 3, [10, 45])).toBe('black')
})
