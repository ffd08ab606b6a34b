/** A claim whose response was lost is repeated and returns the same job. */
import { beforeAll, beforeEach, expect, it } from 'vitest'
import { PROTOCOL_VERSION } from '../../../src/contract/runnerProtocol.ts'
import type { Assignment } from '../../../src/contract/runnerProtocol.ts'
import { env } from 'cloudflare:workers'
import { asRunner, expectJson } from '../helpers/requests.ts'
import { createJobs } from '../helpers/jobs.ts'
import { claimJob, fakeRunner } from '../helpers/fakeRunner.ts'
import { jobRow } from '../helpers/database.ts'

beforeAll(async () => {
  await env.DB.prepare('UPDATE queues SET concurrency = 50').run()
})
beforeEach(async () => {
  await env.DB.prepare('DELETE FROM jobs').run()
  await createJobs('videos/first.mp4', ['w_640'])
  await createJobs('videos/second.mp4', ['w_640'])
})

async function claimAgain(
  id: string,
  queues = ['default'],
  heldJobs: string[] = [],
): Promise<Assignment> {
  const request = {
    protocol: PROTOCOL_VERSION,
    runner: { id },
    queues,
    waitSeconds: 0,
    again: true,
    heldJobs,
  }
  return expectJson<Assignment>(await asRunner('POST', '/runner/claim', request), 200)
}

/** The assignment in the response to another claim, which is a request with a span of its own. */
function again(assignment: Assignment) {
  const [version, traceId] = assignment.traceparent!.split('-')
  return {
    ...assignment,
    requestId: expect.any(String),
    traceparent: expect.stringMatching(`^${version}-${traceId}-`),
  }
}

it('returns the same job with the same fence and a new lease', async () => {
  const assignment = (await claimJob('default', 'laptop'))!
  await env.DB.prepare('UPDATE jobs SET lease_expires_at = 1 WHERE id = ?')
    .bind(assignment.jobId)
    .run()
  const before = Date.now()
  expect(await claimAgain('laptop')).toEqual(again(assignment))
  const row = (await jobRow(assignment.jobId))!
  expect(row).toMatchObject({ status: 'running', attempt: 1, fence: 1 })
  expect(row.lease_expires_at).toBeGreaterThanOrEqual(before + 30_000)
})

it('returns the next job when the lost response had none', async () => {
  expect((await claimAgain('laptop')).filePath).toBe('videos/first.mp4')
})

it('returns the next job when the runner has reported on the one before', async () => {
  const assignment = (await claimJob('default', 'laptop'))!
  await expectJson(await fakeRunner(assignment).report(), 200)
  expect((await claimAgain('laptop')).filePath).toBe('videos/second.mp4')
  expect(await jobRow(assignment.jobId)).toMatchObject({ status: 'running', progress: 10 })
})

it('returns no job that the runner has received', async () => {
  const received = (await claimJob('default', 'laptop'))!
  const lost = (await claimJob('default', 'laptop'))!
  expect(await claimAgain('laptop', ['default'], [received.jobId])).toEqual(again(lost))
})

it('returns no job of another runner', async () => {
  const assignment = (await claimJob('default', 'laptop'))!
  expect((await claimAgain('desktop')).jobId).not.toBe(assignment.jobId)
  expect(await jobRow(assignment.jobId)).toMatchObject({ status: 'running', runner_id: 'laptop' })
})

it.each([
  ['a later queue of the claim', ['default', 'others']],
  ['the first queue of the claim', ['others', 'default']],
  ['a queue that the claim does not name', ['default']],
])('returns the lost job of %s before a new one', async (_, queues) => {
  await env.DB.prepare("INSERT OR IGNORE INTO queues (name) VALUES ('others')").run()
  await createJobs('videos/lost.mp4', ['w_640'], { queue: 'others', priority: 9 })
  const lost = (await claimJob('others', 'laptop'))!
  expect(await claimAgain('laptop', queues)).toEqual(again(lost))
  // If that response is lost too, the next claim returns the same job, and no other job is claimed.
  expect(await claimAgain('laptop', queues)).toEqual(again(lost))
  const { results } = await env.DB.prepare("SELECT id FROM jobs WHERE status = 'running'").all()
  expect(results).toEqual([{ id: lost.jobId }])
})

it('returns the lost job of a queue that was paused meanwhile', async () => {
  await env.DB.prepare("INSERT OR IGNORE INTO queues (name) VALUES ('others')").run()
  await createJobs('videos/paused.mp4', ['w_640'], { queue: 'others' })
  const lost = (await claimJob('others', 'laptop'))!
  await env.DB.prepare("UPDATE queues SET paused = 1 WHERE name = 'others'").run()
  expect(await claimAgain('laptop', ['default', 'others'])).toEqual(again(lost))
  await env.DB.prepare("UPDATE queues SET paused = 0 WHERE name = 'others'").run()
})

it('fails a lost job whose file is missing, and returns the next job', async () => {
  const lost = (await claimJob('default', 'laptop'))!
  await env.ORIGINALS.delete(lost.filePath)
  expect((await claimAgain('laptop')).filePath).toBe('videos/second.mp4')
  expect(await jobRow(lost.jobId)).toMatchObject({ status: 'error', error_code: 'input_invalid' })
})
