/**
 * What must be true of a system whenever the dust has settled, however it came to be: every job in
 * a final state, every count exact, every variant whole, and nothing left over.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Job } from '../../../src/contract/job.ts'
import type { Client } from '../../../scripts/client.ts'
import { followEvents } from '../fixtures/events.ts'
import { probe } from '../fixtures/media.ts'
import { expectNoProcesses } from '../fixtures/processes.ts'
import type { System } from '../fixtures/system.ts'
import { allJobs, attemptsOf, readStats } from './jobs.ts'
import { expectNothingStored } from './leftovers.ts'
import { expectNoWork } from './processes.ts'

/** How many variants are looked at side by side. */
const AT_ONCE = 4
const FINAL = ['completed', 'error', 'cancelled'] as const

/** Everything that can be seen from outside while the system runs; gives back the jobs. */
export async function expectSettled({ client, stateDir }: System): Promise<Job[]> {
  const jobs = await allJobs(client)
  const unsettled = jobs.filter(({ status }) => !(FINAL as readonly string[]).includes(status))
  expect(unsettled).toEqual([])
  await expectExactCounts(client, jobs)
  await expectTrueHistories(client, jobs)
  const completed = jobs.filter(({ status }) => status === 'completed')
  for (let from = 0; from < completed.length; from += AT_ONCE) {
    await Promise.all(completed.slice(from, from + AT_ONCE).map((job) => expectWhole(client, job)))
  }
  if (existsSync(join(stateDir, 'scratch'))) {
    await expectNoWork(stateDir)
  }
  return jobs
}

/** The same, then the system's end, and that nothing stays behind in its processes and its files. */
export async function settleAndStop(system: System): Promise<void> {
  await expectSettled(system)
  expect(await system.stop()).toBe(0)
  await expectNoProcesses(system.stateDir)
  expectNothingStored(system.stateDir)
}

async function expectExactCounts(client: Client, jobs: Job[]) {
  const count = (status: Job['status']) => jobs.filter((job) => job.status === status).length
  expect(await readStats(client)).toMatchObject({
    ...Object.fromEntries(FINAL.map((status) => [status, count(status)])),
    pending: 0,
    running: 0,
    total: jobs.length,
  })
}

/** Attempts and events tell one story: each try began once, ended once, and was counted once. */
async function expectTrueHistories(client: Client, jobs: Job[]) {
  const stories = await storiesOf(client, jobs)
  for (const job of jobs) {
    const attempts = await attemptsOf(client, job.id)
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
    const last = attempts.length > 0 && attempts[0]!.outcome === ENDED_AS[job.status]
    const waited = attempts.length > 0 && !last ? ['job:started', 'job:retrying'] : []
    expect(stories.get(job.id), `events of ${name}`).toEqual([
      'job:created',
      ...between,
      ...waited,
      ...(last ? ['job:started'] : []),
      `job:${job.status}`,
    ])
  }
}

const ENDED_AS = { completed: 'completed', error: 'failed', cancelled: 'cancelled' } as Record<
  Job['status'],
  string
>

/** The types of each job's durable events, from the log's beginning on. */
async function storiesOf(client: Client, jobs: Job[]): Promise<Map<string, string[]>> {
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
      durable.filter(({ data }) => data.jobId === id).map(({ type }) => type),
    ]),
  )
}

/** What is served is what the job says: by its bytes, and by what ffprobe finds in them. */
async function expectWhole(client: Client, job: Job) {
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
