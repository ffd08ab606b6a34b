/** What test files share: the ways in, and a platform whose deferred work can be waited for. */
import { env, exports } from 'cloudflare:workers'
import {
  type Assignment,
  PROTOCOL_VERSION,
  RUNNER_SECRET_HEADER,
} from '../../../src/contract/runnerProtocol.ts'
import { openDatabase } from '../../../src/db/database.ts'
import { createPlatform } from '../../../src/platform/platform.ts'
import type { JobRow } from '../../../src/db/rows.ts'

export const db = openDatabase(env.DB)

/** The real ports. `settled` resolves when all that was deferred is done. */
export function openPlatform(d1: D1Database = env.DB) {
  const deferred: Promise<unknown>[] = []
  const platform = createPlatform({ ...env, DB: d1 }, (work) => void deferred.push(work))
  const settled = async () => {
    while (deferred.length > 0) {
      await deferred.shift()
    }
  }
  return { platform, settled }
}

function call(key: string, more: Record<string, string> = {}) {
  return (path: string, method = 'GET', body?: unknown) =>
    exports.default.fetch(`http://reelqueue${path}`, {
      method,
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json', ...more },
      ...(body !== undefined && {
        body: body instanceof Uint8Array ? body : JSON.stringify(body),
      }),
    })
}
/** Calls the API with the key of its callers. */
export const asUser = call('test-api-key')
/** Speaks the runner protocol as a runner with this secret: runners are what these tests fake. */
export function runnerWith(secret: string | null) {
  return call('test-runner-token', secret === null ? {} : { [RUNNER_SECRET_HEADER]: secret })
}
export const RUNNER_SECRET = 'a-test-runner-s-secret'
export const asRunner = runnerWith(RUNNER_SECRET)

export async function expectJson<T>(response: Response, status: number): Promise<T> {
  const text = await response.text()
  if (response.status !== status) {
    throw new Error(`expected ${status}, got ${response.status}: ${text}`)
  }
  return JSON.parse(text) as T
}

/** Puts an original in storage as it would be found there, whatever its bytes. */
export async function putOriginal(path: string, text = `the bytes of ${path}`) {
  return (await env.ORIGINALS.put(path, text))!
}

/** Stores a file and queues variants of it by the API. */
export async function createJobs(
  filePath: string,
  transformations: string[],
  more: Record<string, unknown> = {},
): Promise<{ id: string; status: string; deduplicated: boolean }[]> {
  await putOriginal(filePath)
  const body = { filePath, transformations, ...more }
  const response = await asUser('/queue/jobs', 'POST', body)
  return (await expectJson<{ jobs: never[] }>(response, 202)).jobs
}

/** Claims by the gateway; null when there is no work. */
export async function claimJob(queue = 'default', id = 'test-runner'): Promise<Assignment | null> {
  const runner = { id }
  const request = { protocol: PROTOCOL_VERSION, runner, queues: [queue], waitSeconds: 0 }
  const response = await asRunner('/runner/claim', 'POST', request)
  return response.status === 204 ? null : expectJson<Assignment>(response, 200)
}

export function jobRow(id: string) {
  return env.DB.prepare('SELECT * FROM jobs WHERE id = ?').bind(id).first<Record<string, never>>()
}

/** The queue's counters, and the same counted from its jobs. */
export async function readCounters(queue = 'default') {
  const states = ['pending', 'running', 'completed', 'error', 'cancelled'] as const
  const kept = await env.DB.prepare(`SELECT ${states.join(', ')} FROM queues WHERE name = ?`)
    .bind(queue)
    .first<Record<JobRow['status'], number>>()
  const sums = states.map((state) => `coalesce(sum(status = '${state}'), 0) AS ${state}`)
  const counted = await env.DB.prepare(`SELECT ${sums.join(', ')} FROM jobs WHERE queue = ?`)
    .bind(queue)
    .first<Record<JobRow['status'], number>>()
  return { kept, counted }
}

/** The types of a job's events, in order. */
export async function eventTypes(jobId: string): Promise<string[]> {
  const { results } = await env.DB.prepare('SELECT type FROM events WHERE job_id = ? ORDER BY seq')
    .bind(jobId)
    .all<{ type: string }>()
  return results.map((row) => row.type)
}
