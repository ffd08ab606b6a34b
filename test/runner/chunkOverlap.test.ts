/** The chunks of a split job, of which a runner begins the next one before one is done. */
import { ChildProcess } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ChunkRange } from '../../src/contract/chunk.ts'
import type { Assignment, ClaimRequest, Finish } from '../../src/contract/runnerProtocol.ts'
import { video } from '../fixtures/renditions.ts'
import { clip, harness, runJob, runUntilIdle, useRunnerHarness } from './helpers/runnerHarness.ts'

useRunnerHarness()

/** Starts and ends of ffmpeg, in their order. */
let events: string[] = []
const running = new Set<ChildProcess>()
function watch(message: unknown) {
  const { process } = message as { process: ChildProcess }
  process.once('spawn', () => {
    // `sh` runs it under limits.
    if (process.spawnargs[3]?.endsWith('/ffmpeg')) {
      events.push('start')
      running.forEach((other) => other.kill('SIGCONT'))
      running.add(process)
      process.once('exit', () => {
        events.push('end')
        running.delete(process)
      })
    }
  })
}
beforeEach(() => {
  events = []
  subscribe('child_process', watch)
})
afterEach(() => unsubscribe('child_process', watch))

const chunkSeconds = 5

/** Writes an ffmpeg that reads its input no faster than it plays, and returns its path. */
async function writePacedFfmpeg(): Promise<string> {
  const path = join(harness.scratch, 'ffmpeg')
  await writeFile(path, '#!/bin/sh\nexec ffmpeg -re "$@"\n', { mode: 0o755 })
  return path
}

/** Splits a job, and has all of its chunks of video made. */
async function makeChunks(rendition: Assignment['rendition'], env: Record<string, string>) {
  const { finish } = await runJob('big.mov', rendition, { chunkSeconds })
  const { chunks, planKey, probe } = finish as Extract<Finish, { outcome: 'split' }>
  const ranges = chunks.filter(({ kind }: ChunkRange) => kind === 'video')
  events = []
  const FFMPEG = await writePacedFfmpeg()
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
      beside.push(running.size)
    }
    // On a busy machine, the rest of a chunk could be made faster than the next ffmpeg starts.
    if (events.length === 1) {
      running.forEach((process) => process.kill('SIGSTOP'))
    }
  })
  await runUntilIdle({ ...env, FFMPEG })
  const finishes = jobs.map((job) => job.finishes[0] as Extract<Finish, { outcome: 'completed' }>)
  expect(finishes.map(({ outcome }) => outcome)).toEqual(['completed', 'completed'])
  return { beside, commands: finishes.map(({ command }) => command) }
}

it('the next chunk begins before ffmpeg has ended the one before', async () => {
  // This encoder keeps no frames back, so that ffmpeg reports all of the last 60 frames.
  const rendition = video({ encoderSpeed: 'fast', frameRate: 24, audioCodec: 'none' })
  const { beside, commands } = await makeChunks(rendition, { CPUS: '1' })
  expect(beside).toEqual([])
  expect(commands).toEqual(
    commands.map(() => expect.stringMatching(/-threads 1 .*-i .*-threads 1 -c:v/)),
  )
  expect(events).toEqual(['start', 'start', 'end', 'end'])
})

it('on several cores, another chunk is claimed when half of one is made', async () => {
  // Half of a chunk is more than the last 60 frames.
  const rendition = video({ encoderSpeed: 'fast', frameRate: 120, audioCodec: 'none' })
  const { beside, commands } = await makeChunks(rendition, { CPUS: '2' })
  expect(beside[0]).toBe(1)
  expect(events).toEqual(['start', 'start', 'end', 'end'])
  // The second one decodes with the threads of half of the cores, and encodes with those of all.
  expect(commands).toEqual([
    expect.stringMatching(/-threads 2 -i .*-threads 2 -c:v/),
    expect.stringMatching(/-threads 1 -i .*-threads 2 -c:v/),
  ])
})
