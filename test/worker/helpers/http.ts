/** For tests of the HTTP API: requests as callers send them, and whole attempts of a fake runner. */
import { env, exports } from 'cloudflare:workers'
import { expect } from 'vitest'
import type { Job } from '../../../src/contract/job.ts'
import type { MediaFacts } from '../../../src/contract/mediaFacts.ts'
import type { Assignment, Finish } from '../../../src/contract/runnerProtocol.ts'
import { asRunner, claimJob, expectJson, putOriginal } from './support.ts'

export type CreatedJob = Job & { deduplicated: boolean }
export interface ErrorAnswer {
  error: string
  message: string
  code: string
  requestId: string
}

export const API_KEY = { Authorization: 'Bearer test-api-key' }

/** A request as a stranger sends it. */
export function visit(path: string, init?: RequestInit) {
  return exports.default.fetch(`http://reelqueue${path}`, init)
}

/** A request with the API key, and with `body` as JSON if there is one. */
export function api(method: string, path: string, body?: unknown, headers: HeadersInit = {}) {
  return visit(path, {
    method,
    headers: {
      ...API_KEY,
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(headers as Record<string, string>),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
}

/** Creates jobs of a file that is there, and expects that to work. */
export async function create(request: object): Promise<CreatedJob[]> {
  const response = await api('POST', '/queue/jobs', request)
  return (await expectJson<{ jobs: CreatedJob[] }>(response, 202)).jobs
}

/** One job of a file that is stored for it. */
export async function createOne(filePath: string, transformation = 'w_640'): Promise<CreatedJob> {
  await putOriginal(filePath)
  return (await create({ filePath, transformations: [transformation] }))[0]!
}

export async function jobOf(id: string) {
  return (await api('GET', `/queue/jobs/${id}`)).json<Job>()
}

export async function countRows(table: string, where = '1', ...values: unknown[]): Promise<number> {
  const counted = env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE ${where}`)
  return (await counted.bind(...values).first<number>('n'))!
}

/** Claims the next job and expects that there is one. */
export async function take(queue = 'default'): Promise<Assignment> {
  const assignment = await claimJob(queue)
  expect(assignment).not.toBeNull()
  return assignment!
}

export function report({ jobId, fence }: Assignment, progress: number) {
  return asRunner(`/runner/jobs/${jobId}/report`, 'POST', {
    fence,
    progress,
    stage: 'encode',
    etaSeconds: 3,
  })
}

const FACTS: MediaFacts = {
  format: 'mov,mp4,m4a,3gp,3g2,mj2',
  durationSeconds: 2,
  sizeBytes: 1,
  videoCodec: 'h264',
  audioCodec: null,
  width: 640,
  height: 360,
  frameRate: 30,
}
const RECORD = { stderrTail: '', command: 'ffmpeg', timings: { encode: 2, upload: 1 } }

function finish(jobId: string, message: Partial<Finish>) {
  return asRunner(`/runner/jobs/${jobId}/finish`, 'POST', { ...RECORD, ...message })
}

/** Uploads `content` as the output and completes the job. */
export async function complete({ jobId, fence }: Assignment, content: string): Promise<void> {
  const bytes = new TextEncoder().encode(content)
  const output = `/runner/jobs/${jobId}/output`
  const begun = await asRunner(output, 'POST', {
    fence,
    progress: 99,
    stage: 'upload',
    etaSeconds: 0,
    sizeBytes: bytes.length,
  })
  const { uploadId } = await expectJson<{ uploadId: string }>(begun, 200)
  const query = new URLSearchParams({ fence: String(fence), uploadId })
  const part = await asRunner(`${output}/1?${query}`, 'PUT', bytes)
  const parts = [await expectJson<{ partNumber: number; etag: string }>(part, 200)]
  const message = { outcome: 'completed', fence, uploadId, parts, output: FACTS } as const
  expect(await expectJson(await finish(jobId, message), 200)).toEqual({ status: 'completed' })
}

/** Fails the job with `message`, by default in a way that no second try helps. */
export function fail(
  { jobId, fence }: Assignment,
  message: string,
  errorCode: 'input_invalid' | 'internal' = 'input_invalid',
) {
  return finish(jobId, { outcome: 'failed', fence, message, errorCode })
}
