/** Tracks that begin after the start of their file. */
import { readFile, writeFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { args } from '../../fixtures/args.ts'
import { audio, video } from '../../fixtures/renditions.ts'
import { AAC, H264, testVideo, tone } from '../helpers/clips/inputs.ts'
import { measureLevel, readFrameTimes } from '../helpers/measureOutput.ts'
import { clip, probeOutput, runJob, useRunnerHarness } from '../helpers/runnerHarness.ts'
import { ffmpeg } from './caseFiles.ts'

useRunnerHarness()

beforeAll(async () => {
  const encoders = args`${H264} ${AAC}`
  await ffmpeg(
    args`-itsoffset 1.6 ${testVideo('128x96', 25, 2)} ${tone(4)} ${encoders} late-video.mkv`,
  )
  await ffmpeg(args`-i late-video.mkv -c copy late-video.mp4`)
  await ffmpeg(args`-i late-video.mkv -c copy late-video.ts`)
  await ffmpeg(
    args`${testVideo('128x96', 25, 3)} -itsoffset 1.5 ${tone(2.5)} ${encoders} late-audio.mp4`,
  )
  const gap = args`-vf select=not(between(t\,1.05\,2.95)) -fps_mode vfr`
  await ffmpeg(args`${testVideo('64x64', 10, 4)} ${tone(4)} ${gap} ${encoders} gap-in-video.mp4`)
  await ffmpeg(args`${testVideo('128x96', 25, 4)} ${tone(4)} -g 50 ${encoders} whole.ts`)
  const bytes = await readFile(clip('whole.ts'))
  const packets = Math.floor(bytes.length / TS_PACKET_BYTES)
  const start = Math.floor(packets / 6) * TS_PACKET_BYTES
  const tables = bytes.subarray(0, 3 * TS_PACKET_BYTES)
  await writeFile(clip('between-keyframes.ts'), Buffer.concat([tables, bytes.subarray(start)]))
})

const TS_PACKET_BYTES = 188

async function makeOutput(name: string, rendition: Parameters<typeof runJob>[1]) {
  const { job, finish } = await runJob(name, rendition)
  expect(finish).toMatchObject({ outcome: 'completed' })
  const notes = finish.outcome === 'completed' ? (finish.plan?.notes ?? []) : []
  return { notes, ...(await probeOutput(job)) }
}

describe.each(['late-video.mp4', 'late-video.mkv', 'late-video.ts'])('%s', (name) => {
  it('keeps the start of its video, with a note', async () => {
    const { path, notes } = await makeOutput(name, video({ width: 64 }))
    const times = await readFrameTimes(path)
    expect(Number(times[0])).toBeCloseTo(1.6, 1)
    expect(times).toHaveLength(50)
    expect(notes).toEqual(['The video begins at second 1.6 of the variant.'])
  })

  it('ends at the requested second', async () => {
    const part = { startSeconds: 0.4, endSeconds: 3 }
    const { path, format } = await makeOutput(name, video({ width: 64, ...part }))
    expect(Math.abs(Number(format.duration) - 2.6)).toBeLessThan(0.06)
    const times = await readFrameTimes(path)
    expect(Number(times[0])).toBeCloseTo(1.2, 1)
    expect(Math.abs(times.length - 35)).toBeLessThan(2)
  })
})

it('audio that begins late ends at the requested second', async () => {
  for (const rendition of [
    video({ width: 64, endSeconds: 2 }),
    audio({ format: 'wav', endSeconds: 2 }),
  ]) {
    const { path, format } = await makeOutput('late-audio.mp4', rendition)
    expect(Math.abs(Number(format.duration) - 2)).toBeLessThan(0.06)
    expect(await measureLevel(path, 0.2, 1.3)).toBeLessThan(-60)
    expect(await measureLevel(path, 1.6, 1.9)).toBeGreaterThan(-40)
  }
})

it('a recording that begins between two key frames has its video from the next one, with a note', async () => {
  const { notes, streams } = await makeOutput('between-keyframes.ts', video({ width: 64 }))
  expect(streams).toHaveLength(2)
  expect(notes).toEqual([expect.stringMatching(/^The video begins at second 1\.\d of the variant/)])
})

it.each([3.5, null])(
  'a part may begin between frames that are far apart, to second %s',
  async (endSeconds) => {
    const { path, notes, format } = await makeOutput(
      'gap-in-video.mp4',
      video({ width: 32, startSeconds: 1.5, endSeconds }),
    )
    expect(Math.abs(Number(format.duration) - ((endSeconds ?? 4) - 1.5))).toBeLessThan(0.12)
    expect(Number((await readFrameTimes(path))[0])).toBeCloseTo(1.5, 1)
    expect(notes).toEqual(['The video begins at second 1.5 of the variant.'])
  },
)
