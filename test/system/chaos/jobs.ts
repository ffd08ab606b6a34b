/** What the tests ask of a system about its jobs, over HTTP and by its events. */
import type { Attempt, CreateJobs, Job, Stats } from '../../../src/contract/job.ts'
import type { QueueSettings } from '../../../src/contract/queue.ts'
import { ApiError, type Client, type ServerEvent } from '../../../scripts/client.ts'
import { PROTOCOL_VERSION, RUNNER_SECRET_HEADER } from '../../../src/contract/runnerProtocol.ts'
import type { Events } from '../fixtures/events.ts'
import type { System } from '../fixtures/system.ts'
import { readRunnerToken } from './runner.ts'

/** Short, so that a dead runner is missed soon. */
export const LEASE_SECONDS = 5

function asJson(method: string, body: unknown) {
  return {
    method,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  }
}
async function read<T>(answer: Promise<Response>) {
  return (await answer).json() as Promise<T>
}

export function setQueue(client: Client, settings: QueueSettings) {
  return client.request('/queues/default', asJson('PATCH', settings))
}

export function requestJobs(client: Client, jobs: Partial<CreateJobs>) {
  return client.request('/queue/jobs', asJson('POST', jobs))
}

export async function createJobs(client: Client, jobs: Partial<CreateJobs>): Promise<Job[]> {
  return (await read<{ jobs: Job[] }>(requestJobs(client, jobs))).jobs
}

/** One job; gives its id. */
export async function createOne(
  client: Client,
  filePath: string,
  transformation: string,
  more: Partial<CreateJobs> = {},
): Promise<string> {
  const [job] = await createJobs(client, { filePath, transformations: [transformation], ...more })
  return job!.id
}

export function cancel(client: Client, jobId: string) {
  return client.request(`/queue/jobs/${jobId}/cancel`, asJson('POST', { force: true }))
}
export function remove(client: Client, jobId: string) {
  return client.request(`/queue/jobs/${jobId}`, { method: 'DELETE' })
}
export function retry(client: Client, jobId: string) {
  return client.request(`/queue/jobs/${jobId}/retry`, { method: 'POST' })
}

/** The status of an answer, refusals included. */
export function statusOf(answer: Promise<Response>): Promise<number> {
  return answer.then(
    ({ status }) => status,
    (error: unknown) => {
      if (error instanceof ApiError) {
        return error.status
      }
      throw error
    },
  )
}

/** The latest first. */
export async function attemptsOf(client: Client, jobId: string): Promise<Attempt[]> {
  const answer = client.request(`/queue/jobs/${jobId}/attempts`)
  return (await read<{ attempts: Attempt[] }>(answer)).attempts
}

/** How its attempts went, the first first: an outcome, or why it failed. */
export async function historyOf(client: Client, jobId: string) {
  return (await attemptsOf(client, jobId))
    .toReversed()
    .map(({ outcome, errorCode }) => (outcome === 'failed' ? errorCode : outcome))
}

/** Every job of the system, newest first. */
export async function allJobs(client: Client): Promise<Job[]> {
  const jobs: Job[] = []
  let page: { jobs: Job[]; nextCursor: string | null }
  let cursor = ''
  do {
    page = await read(client.request(`/queue/jobs?limit=500${cursor}`))
    jobs.push(...page.jobs)
    cursor = `&cursor=${page.nextCursor}`
  } while (page.nextCursor !== null)
  return jobs
}

export function readStats(client: Client) {
  return read<Stats>(client.request('/queue/stats'))
}

/** Claims from the default queue as one more runner; 204 means that there is nothing to claim. */
export async function claimStatus({ url, stateDir }: System): Promise<number> {
  const headers = {
    'Content-Type': 'application/json',
    Authorization: `Bearer ${readRunnerToken(stateDir)}`,
    [RUNNER_SECRET_HEADER]: 'the-secret-of-one-more-runner',
  }
  const runner = { id: 'one-more' }
  const claim = { protocol: PROTOCOL_VERSION, runner, queues: ['default'], waitSeconds: 0 }
  const body = JSON.stringify(claim)
  return (await fetch(`${url}/runner/claim`, { method: 'POST', headers, body })).status
}

/** When a job's encode is well under way. */
export function inMidEncode(events: Events, jobId: string): Promise<ServerEvent> {
  return events.first(
    ({ type, data }) =>
      type === 'job:progress' &&
      data.jobId === jobId &&
      data.stage === 'encode' &&
      (data.progress as number) > 5,
  )
}
