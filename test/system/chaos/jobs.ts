/** Requests of the chaos tests to the API: create, change and read jobs, and claim one. */
import type { Attempt, CreateJobs, Job } from '../../../src/contract/job.ts'
import type { Stats } from '../../../src/contract/stats.ts'
import type { QueueSettings } from '../../../src/contract/queue.ts'
import { ApiError, type Client, type ServerEvent } from '../../../scripts/client.ts'
import { PROTOCOL_VERSION, RUNNER_SECRET_HEADER } from '../../../src/contract/runnerProtocol.ts'
import { END_TYPES, type Events } from '../fixtures/events.ts'
import type { System } from '../fixtures/system.ts'
import { readRunnerToken } from './runner.ts'

/** The percentage of a job's progress at which its encode begins. */
const ENCODE_BEGINS_AT = 1

/** Short, so that the lease of a dead runner expires soon. */
export const LEASE_SECONDS = 5

function asJson(method: string, body: unknown) {
  return {
    method,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  }
}
async function readJson<T>(response: Promise<Response>) {
  return (await response).json() as Promise<T>
}

export function setQueue(client: Client, settings: QueueSettings) {
  return client.request('/queues/default', asJson('PATCH', settings))
}

export function addQueue(client: Client, name: string, settings: QueueSettings) {
  return client.request(`/queues/${name}`, asJson('PUT', settings))
}

export function requestJobs(client: Client, jobs: Partial<CreateJobs>) {
  return client.request('/queue/jobs', asJson('POST', jobs))
}

export async function createJobs(client: Client, jobs: Partial<CreateJobs>): Promise<Job[]> {
  return (await readJson<{ jobs: Job[] }>(requestJobs(client, jobs))).jobs
}

/** Creates one job; returns its id. */
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

/** Returns the HTTP status of a response, also of an error response. */
export function readResponseStatus(response: Promise<Response>): Promise<number> {
  return response.then(
    ({ status }) => status,
    (error: unknown) => {
      if (error instanceof ApiError) {
        return error.status
      }
      throw error
    },
  )
}

/** Lists the attempts of a job, the latest first. */
export async function listAttempts(client: Client, jobId: string): Promise<Attempt[]> {
  const response = client.request(`/queue/jobs/${jobId}/attempts`)
  return (await readJson<{ attempts: Attempt[] }>(response)).attempts
}

/** Lists the outcomes of a job's attempts, oldest first. A failed attempt has its error code. */
export async function listOutcomes(client: Client, jobId: string) {
  return (await listAttempts(client, jobId))
    .toReversed()
    .map(({ outcome, errorCode }) => (outcome === 'failed' ? errorCode : outcome))
}

/** Lists every job of the system, newest first. */
export async function listAllJobs(client: Client): Promise<Job[]> {
  const jobs: Job[] = []
  let page: { jobs: Job[]; nextCursor: string | null }
  let cursor = ''
  do {
    page = await readJson(client.request(`/queue/jobs?limit=500${cursor}`))
    jobs.push(...page.jobs)
    cursor = `&cursor=${page.nextCursor}`
  } while (page.nextCursor !== null)
  return jobs
}

export function readStats(client: Client) {
  return readJson<Stats>(client.request('/queue/stats'))
}

/** Sends a request to the gateway as a runner of the test, which has no process. */
export function requestAsRunner(
  { url, stateDir }: System,
  path: string,
  body: unknown,
): Promise<Response> {
  const headers = {
    'Content-Type': 'application/json',
    Authorization: `Bearer ${readRunnerToken(stateDir)}`,
    [RUNNER_SECRET_HEADER]: 'the-secret-of-another-runner',
  }
  return fetch(`${url}/runner/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
}

export function claimAsRunner(system: System, queue = 'default'): Promise<Response> {
  const runner = { id: 'another' }
  const claim = { protocol: PROTOCOL_VERSION, runner, queues: [queue], waitSeconds: 0 }
  return requestAsRunner(system, 'claim', claim)
}

/** Claims from the default queue as another runner. Returns the status: 204 if there is no job. */
export async function claimStatus(system: System): Promise<number> {
  return (await claimAsRunner(system)).status
}

/**
 * Waits until the encode of a job has made progress. A runner reports once a second, so the encode
 * must take several seconds.
 *
 * @throws if the job ends first
 */
export async function waitForEncode(events: Events, jobId: string): Promise<void> {
  const encodes = ({ type, data }: ServerEvent) =>
    type === 'job:progress' &&
    data.stage === 'encode' &&
    (data.progress as number) > ENCODE_BEGINS_AT
  const { type } = await events.first(
    (event) => event.data.jobId === jobId && (encodes(event) || END_TYPES.includes(event.type)),
  )
  if (END_TYPES.includes(type)) {
    throw new Error(`${type} arrived before any progress event of the encode`)
  }
}
