/** The chunks of a split job, of which a runner begins the next one before one is done. */
import { ChildProcess } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ChunkRange } from '../../src/contract/chunk.ts'
import type { ClaimRequest, Finish } from '../../src/contract/runnerProtocol.ts'
import { video } from '../fixtures/renditions.ts'
import { clip, harness, runJob, runUntilIdle, useRunnerHarness } from './helpers/runnerHarness.ts'

useRunnerHarness()

/** Starts and ends of ffmpeg, in their order. */
let events: string[] = []
function watch(message: unknown) {
  const { process } = message as { process: ChildProcess }
  process.once('spawn', () => {
    // `sh` runs it under limits.
    if (process.spawnargs[3] === 'ffmpeg') {
      events.push('start')
      process.once('exit', () => events.push('end'))
    }
  })
}
beforeEach(() => {
  events = []
  subscribe('child_process', watch)
})
afterEach(() => unsubscribe('child_process', watch))

/** Takes several seconds, so that half of a chunk is made long before it is almost done. */
const rendition = video({
  videoCodec: 'h265',
  encoderSpeed: 'small',
  frameRate: 120,
  audioCodec: 'none',
})
const chunkSeconds = 5

/** Splits a job, and has all of its chunks of video made. */
async function makeChunks(env: Record<string, string>) {
  const { finish } = await runJob('big.mov', rendition, { chunkSeconds })
  const { chunks, planKey, probe } = finish as Extract<Finish, { outcome: 'split' }>
  const ranges = chunks.filter(({ kind }: ChunkRange) => kind === 'video')
  events = []
  const jobs = []
  for (const [index, range] of ranges.entries()) {
    const chunk = { ...range, jobId: 'job_1', index, planKey }
    const more = { chunkSeconds, chunk: { ...chunk, reusableTracks: [], completedChunks: [] } }
    jobs.push(await harness.gateway.offer(clip('big.mov'), rendition, { ...more, probe }))
  }
  /** Numbers of ffmpegs that were running at the claims of another chunk. */
  const beside: number[] = []
  harness.gateway.events.on('claim', ({ anotherChunkOf }: ClaimRequest) => {
    if (anotherChunkOf === 'job_1') {
      beside.push(events.reduce((count, event) => count + (event === 'start' ? 1 : -1), 0))
    }
  })
  await runUntilIdle(env)
  const finishes = jobs.map((job) => job.finishes[0] as Extract<Finish, { outcome: 'completed' }>)
  expect(finishes.map(({ outcome }) => outcome)).toEqual(['completed', 'completed'])
  return { beside, commands: finishes.map(({ command }) => command) }
}

it('the next chunk begins before ffmpeg has ended the one before', async () => {
  const { beside, commands } = await makeChunks({ CPUS: '1' })
  expect(beside).toEqual([])
  expect(commands).toEqual(
    commands.map(() => expect.stringMatching(/-threads 1 .*-i .*-threads 1 -c:v/)),
  )
  expect(events).toEqual(['start', 'start', 'end', 'end'])
})

it('on several cores, another chunk is claimed when half of one is made', async () => {
  const { beside, commands } = await makeChunks({ CPUS: '2' })
  expect(beside[0]).toBe(1)
  expect(events).toEqual(['start', 'start', 'end', 'end'])
  // The second one decodes with the threads of half of the cores, and encodes with those of all.
  expect(commands).toEqual([
    expect.stringMatching(/-threads 2 -i .*-threads 2 -c:v/),
    expect.stringMatching(/-threads 1 -i .*-threads 2 -c:v/),
  ])
})
