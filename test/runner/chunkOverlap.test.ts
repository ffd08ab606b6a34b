/** The chunks of a split job, of which a runner begins the next one before one is done. */
import { ChildProcess } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ChunkRange } from '../../src/contract/chunk.ts'
import type { Finish } from '../../src/contract/runnerProtocol.ts'
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

const rendition = video({ width: 1280, quality: 90, audioCodec: 'none' })
const chunkSeconds = 5

/** Splits the file, and makes both chunks of its video with one runner. */
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
  // One thread, so that an encode takes longer than ffmpeg's first reports on a fast machine too.
  await runUntilIdle({ CPUS: '1', ...env })
  return jobs.map(({ finishes }) => finishes[0]?.outcome)
}

it('the next chunk begins before ffmpeg has ended the one before', async () => {
  expect(await makeChunks({})).toEqual(['completed', 'completed'])
  expect(events).toEqual(['start', 'start', 'end', 'end'])
})

it('the next chunk waits for the one before if the memory is too small for both', async () => {
  expect(await makeChunks({ MEMORY_BYTES: String(700e6) })).toEqual(['completed', 'completed'])
  expect(events).toEqual(['start', 'end', 'start', 'end'])
})
