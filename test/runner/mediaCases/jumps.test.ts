/** Sources whose times jump or go back within their declared duration. */
import { readFile, truncate, writeFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Assignment } from '../../../src/contract/runnerProtocol.ts'
import { args } from '../../fixtures/args.ts'
import { stream, video } from '../../fixtures/renditions.ts'
import { readFrameTimes } from '../helpers/measureOutput.ts'
import { clip, probeOutput, runJob, useRunnerHarness } from '../helpers/runnerHarness.ts'
import { makeStream } from '../helpers/streamReader.ts'
import { ffmpeg } from './caseFiles.ts'

useRunnerHarness()

/** Files in which one frame is three seconds late. */
const LATE = ['late.mp4', 'late.mov', 'late.mkv', 'late.flv', 'late-b.mp4', 'late-b.mkv']
/** Files in which one frame has a time before that of the frame before it. */
const EARLY = ['early.mkv']

beforeAll(async () => {
  const late = 'setts=pts=if(eq(N\\,100)\\,PTS+3/TB\\,PTS)'
  for (const name of LATE) {
    const from = name.startsWith('late-b') ? 'b-frames.mp4' : 'flat.mp4'
    if (name === 'late-b.mp4') {
      await ffmpeg(
        args`-i flat.mp4 -c:a copy -c:v libx264 -preset veryfast -bf 2 -g 50 b-frames.mp4`,
      )
    }
    await ffmpeg(args`-i ${from} -c copy -bsf:v ${late} ${name}`)
  }
  await makeEarly()
  // A box without content, which is not written to the disk.
  const free = Buffer.from(`0000000166726565${LARGE_BYTES.toString(16).padStart(16, '0')}`, 'hex')
  const bytes = await readFile(clip('late.mp4'))
  await writeFile(clip('large.mp4'), Buffer.concat([bytes, free]))
  await truncate(clip('large.mp4'), bytes.length + LARGE_BYTES)
})

/** Files of this size are not examined before an encode. */
const LARGE_BYTES = 129 * 1024 ** 2

it('a part of a large file has its frames, except for two', async () => {
  const part = video({ width: 64, startSeconds: 2, endSeconds: 6 })
  const { path } = await makeOutput('large.mp4', part)
  expect(Math.abs((await readFrameTimes(path)).length - 100)).toBeLessThan(3)
})

/** Matroska has the times of frames relative to their cluster: 16 bits, in milliseconds. */
async function makeEarly() {
  await ffmpeg(
    args`-i flat.mp4 -an -c copy -cluster_time_limit 30000 -cluster_size_limit 9000000 early.mkv`,
  )
  const bytes = await readFile(clip('early.mkv'))
  const position = findBlock(bytes, 100 * 40)
  bytes.writeInt16BE(1_000, position)
  await writeFile(clip('early.mkv'), bytes)
}

/** Returns the position of the time of a simple block of track 1. */
function findBlock(bytes: Buffer, milliseconds: number): number {
  let block = bytes.indexOf(0xa3)
  for (; block >= 0; block = bytes.indexOf(0xa3, block + 1)) {
    const length = Math.clz32(bytes[block + 1]!) - 23
    const start = block + 1 + length
    if (bytes[start] === 0x81 && bytes.readInt16BE(start + 1) === milliseconds) {
      return start + 1
    }
  }
  throw new Error(`there is no block at ${milliseconds} ms`)
}

async function makeOutput(name: string, rendition: Parameters<typeof runJob>[1]) {
  const { job, finish } = await runJob(name, rendition)
  expect(finish).toMatchObject({ outcome: 'completed' })
  return probeOutput(job)
}
function longestStep(times: number[]): number {
  return Math.max(...times.slice(1).map((time, index) => time - Number(times[index])))
}

const OTHER_VIDEOS: [string, Assignment['rendition']][] = [
  ['WebM', video({ width: 160, format: 'webm' })],
  ['MP4 with a constant frame rate', video({ width: 160, frameRate: 25 })],
  ['MKV of the same size', video({ format: 'mkv' })],
]

describe.each([...LATE, ...EARLY])('%s', (name) => {
  it.each<[string, Assignment['rendition']]>([
    ['MP4', video({ width: 160 })],
    ...(['late.mp4', 'early.mkv'].includes(name) ? OTHER_VIDEOS : []),
  ])('has its duration, and its frames except for two, as %s', async (_, rendition) => {
    const { path, format } = await makeOutput(name, rendition)
    const times = await readFrameTimes(path)
    expect(Math.abs(times.length - 200)).toBeLessThan(3)
    expect(Math.abs(Number(format.duration) - 8)).toBeLessThan(0.2)
    expect(longestStep(times)).toBeLessThan(0.13)
  })

  it('has its frames, except for two, as a stream', async () => {
    const output = await makeStream(name, stream({ ladder: [144] }))
    const packets = await output.packets(String(output.rungs[0]))
    expect(Math.abs(packets.length - 200)).toBeLessThan(3)
  })

  it('has the frames of a part, except for two', async () => {
    const { path, format } = await makeOutput(
      name,
      video({ width: 160, startSeconds: 2, endSeconds: 6 }),
    )
    const times = await readFrameTimes(path)
    expect(Math.abs(times.length - 100)).toBeLessThan(3)
    expect(Math.abs(Number(format.duration) - 4)).toBeLessThan(0.2)
  })
})
