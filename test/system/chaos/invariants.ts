/**
 * Invariants of a system after all jobs have ended: every job is in a final state, the counts are
 * exact, every variant matches its job, and no process or file is left over.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Job } from '../../../src/contract/job.ts'
import { JOB_STATUSES } from '../../../src/contract/jobStatus.ts'
import type { Client } from '../../../scripts/client.ts'
import { followEvents } from '../fixtures/events.ts'
import { probe } from '../fixtures/media.ts'
import { expectNoProcesses } from '../fixtures/expectNoProcesses.ts'
import type { System } from '../fixtures/system.ts'
import { listAllJobs, listAttempts, readStats } from './jobs.ts'
import { ENDED_AS, expectNothingStored, FINAL_STATUSES } from './leftovers.ts'
import { expectNoEncodes } from './processes.ts'
import { readTracks } from './streams.ts'

/** Number of variants that are checked at the same time. */
const CONCURRENT_CHECKS = 4

/** Checks the invariants of a running system, by the API and its processes; returns the jobs. */
export async function expectConsistentState({ client, stateDir }: System): Promise<Job[]> {
  const jobs = await listAllJobs(client)
  const unfinished = jobs.filter(({ status }) => !FINAL_STATUSES.includes(status))
  expect(unfinished).toEqual([])
  await expectExactCounts(client, jobs)
  await expectConsistentHistories(client, jobs)
  const completed = jobs.filter(({ status }) => status === 'completed')
  for (let from = 0; from < completed.length; from += CONCURRENT_CHECKS) {
    await Promise.all(
      completed.slice(from, from + CONCURRENT_CHECKS).map((job) => expectVariantOfJob(client, job)),
    )
  }
  if (existsSync(join(stateDir, 'scratch'))) {
    await expectNoEncodes(stateDir)
  }
  return jobs
}

/** Checks the invariants and stops the system. No process, lease or unused object may remain. */
export async function expectCleanStop(system: System): Promise<void> {
  await expectConsistentState(system)
  expect(await system.stop()).toBe(0)
  await expectNoProcesses(system.stateDir)
  expectNothingStored(system.stateDir)
}

async function expectExactCounts(client: Client, jobs: Job[]) {
  const count = (status: Job['status']) => jobs.filter((job) => job.status === status).length
  expect(await readStats(client)).toMatchObject({
    ...Object.fromEntries(JOB_STATUSES.map((status) => [status, count(status)])),
    total: jobs.length,
  })
}

/**
 * Checks that attempts and events agree: each attempt has ended and, unless it was released, is
 * counted in `attempt`.
 */
async function expectConsistentHistories(client: Client, jobs: Job[]) {
  const eventTypes = await listEventTypes(client, jobs)
  for (const job of jobs) {
    const attempts = await listAttempts(client, job.id)
    const name = `${job.id} ${job.transformation} of ${job.filePath}`
    expect(
      attempts.filter(({ endedAt, outcome }) => !endedAt || !outcome),
      name,
    ).toEqual([])
    const counted = attempts.filter(({ outcome }) => outcome !== 'released').length
    expect(job.attempt, `attempts of ${name}`).toBe(counted)
    expect(job.attempt).toBeLessThanOrEqual(job.maxAttempts)
    const completed = attempts.filter(({ outcome }) => outcome === 'completed').length
    expect(completed, `completed attempts of ${name}`).toBe(job.status === 'completed' ? 1 : 0)
    const between = attempts.slice(1).flatMap(() => ['job:started', 'job:retrying'])
    const isEndedByAttempt = attempts.length > 0 && attempts[0]!.outcome === ENDED_AS[job.status]
    // The last attempt of a job that was cancelled while pending also returned the job to pending.
    const lastReturned =
      attempts.length > 0 && !isEndedByAttempt ? ['job:started', 'job:retrying'] : []
    expect(eventTypes.get(job.id), `events of ${name}`).toEqual([
      'job:created',
      ...between,
      ...lastReturned,
      ...(isEndedByAttempt ? ['job:started'] : []),
      `job:${job.status}`,
    ])
  }
}

/**
 * Lists the types of each job's durable events, from the beginning of the log, except `job:playable`: the
 * time at which a stream becomes playable depends on the order of its chunks.
 */
async function listEventTypes(client: Client, jobs: Job[]): Promise<Map<string, string[]>> {
  const events = await followEvents(client, '0')
  try {
    for (const { id, status } of jobs) {
      await events.first(({ type, data }) => data.jobId === id && type === `job:${status}`)
    }
  } finally {
    await events.close()
  }
  const durable = events.seen.filter(({ type, id }) => id !== undefined && type !== 'connected')
  const ids = durable.map(({ id }) => Number(id))
  expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b))
  return new Map(
    jobs.map(({ id }) => [
      id,
      durable
        .filter(({ type, data }) => data.jobId === id && type !== 'job:playable')
        .map(({ type }) => type),
    ]),
  )
}

/**
 * Checks that the served variant has the size, dimensions and duration of the job's output. Of a stream,
 * all files must be served; `expectNothingStored` compares its size.
 */
async function expectVariantOfJob(client: Client, job: Job) {
  if (job.output!.format === 'hls') {
    expect((await readTracks(client, job)).size).toBeGreaterThan(0)
    return
  }
  const response = await client.request(job.outputPath!)
  expect(response.status).toBe(200)
  const bytes = await response.bytes()
  const { sizeBytes, width, height, durationSeconds } = job.output!
  expect(bytes.length).toBe(sizeBytes)
  expect(Number(response.headers.get('Content-Length'))).toBe(sizeBytes)
  const { format, streams } = await probe(bytes)
  expect(streams[0]).toMatchObject({ width, height })
  if (durationSeconds !== null) {
    expect(Number(format.duration)).toBeCloseTo(durationSeconds, 1)
  }
}
