/** A runner without ffmpeg: it speaks the protocol for one claim and uploads arbitrary bytes. */
import { expect } from 'vitest'
import type { FailureCode } from '../../../src/contract/failureCode.ts'
import { type Assignment, PROTOCOL_VERSION } from '../../../src/contract/runnerProtocol.ts'
import type { UploadedPart } from '../../../src/contract/uploadParts.ts'
import { createOne } from './jobs.ts'
import { asRunner, expectJson } from './requests.ts'

export interface Upload {
  uploadId: string
  parts: UploadedPart[]
}
export type FakeRunner = ReturnType<typeof fakeRunner>

export const OUTPUT = {
  format: 'mov,mp4,m4a,3gp,3g2,mj2',
  durationSeconds: 2.5,
  sizeBytes: 1,
  videoCodec: 'h264',
  audioCodec: 'aac',
  width: 640,
  height: 360,
  frameRate: 25,
}
const RECORD = { stderrTail: 'the last line', command: 'ffmpeg -i', timings: { encode: 100 } }

/** @param send sends requests as this runner; another runner has another secret */
export function fakeRunner({ jobId, fence }: { jobId: string; fence: number }, send = asRunner) {
  const at = (what: string) => `/runner/jobs/${jobId}/${what}`
  const report = (fields: Record<string, unknown>) =>
    send('POST', at('report'), { fence, stage: 'encode', etaSeconds: 5, ...fields })
  const finish = (message: Record<string, unknown>) =>
    send('POST', at('finish'), { fence, ...message })
  const runner = {
    jobId,
    fence,
    source: (reference?: number) => {
      const query = reference === undefined ? '' : `&reference=${reference}`
      return send('GET', at(`source?fence=${fence}${query}`))
    },
    listCompletedChunks: () => send('GET', at(`chunks?fence=${fence}`)),
    readReused: (name: string) => send('GET', at(`source?fence=${fence}&reused=${name}`)),
    readChunk: (index: number) => send('GET', at(`source?fence=${fence}&chunk=${index}`)),
    report: (progress = 10, fields: Record<string, unknown> = {}) =>
      report({ progress, ...fields }),
    reportPlayable: () => report({ progress: 20, fps: 50, speed: 2, playable: true }),
    beginOutput: (sizeBytes = 1_000) => {
      const progressFields = { fence, progress: 90, stage: 'upload', etaSeconds: 0 }
      return send('POST', at('output'), { ...progressFields, sizeBytes })
    },
    putPart: (uploadId: string, text = 'a part', part = 1) => {
      const query = new URLSearchParams({ fence: String(fence), uploadId })
      return send('PUT', at(`output/${part}?${query}`), new TextEncoder().encode(text))
    },
    /** Uploads an output in one part. */
    async upload(text = `made by ${jobId} ${fence}`): Promise<Upload> {
      const { uploadId } = await expectJson<{ uploadId: string }>(await runner.beginOutput(), 200)
      const part = await expectJson<UploadedPart>(await runner.putPart(uploadId, text), 200)
      return { uploadId, parts: [part] }
    },
    complete: (upload: Upload, more: Record<string, unknown> = {}) =>
      finish({ outcome: 'completed', ...RECORD, ...upload, output: OUTPUT, ...more }),
    /** Uploads an output and completes the job. @throws if the job does not become completed */
    async completeWith(text?: string): Promise<Upload> {
      const upload = await runner.upload(text)
      const finished = await expectJson(await runner.complete(upload), 200)
      expect(finished).toEqual({ status: 'completed' })
      return upload
    },
    putFile: (name: string, text: string, headers: Record<string, string> = {}) => {
      const bytes = new TextEncoder().encode(text)
      return send('PUT', at(`files/${name}?fence=${fence}`), bytes, headers)
    },
    listFiles: (after?: string) =>
      send('GET', at(`files?fence=${fence}${after === undefined ? '' : `&after=${after}`}`)),
    /** Stores a file of a package that grows. */
    putVersion: (name: string, version: number) => {
      const bytes = new TextEncoder().encode(`version ${version}`)
      return send('PUT', at(`files/${name}?fence=${fence}&version=${version}`), bytes)
    },
    completePackage: (files = 2, sizeBytes = 1_000) =>
      finish({ outcome: 'packaged', ...RECORD, files, sizeBytes, output: OUTPUT }),
    fail: (
      errorCode: FailureCode,
      message = `it was ${errorCode}`,
      more: Record<string, unknown> = {},
    ) => finish({ outcome: 'failed', ...RECORD, errorCode, message, ...more }),
    split: (chunks: unknown[], more: Record<string, unknown> = {}) =>
      finish({ outcome: 'split', ...RECORD, chunks, seconds: 10, ...more }),
    release: () => finish({ outcome: 'released', reason: 'shutting down' }),
  }
  return runner
}

/** The messages that a runner can send about its claim, except those for packages. */
export const RUNNER_MESSAGES: Record<
  string,
  (runner: FakeRunner, upload: Upload) => Promise<Response>
> = {
  source: (runner) => runner.source(),
  report: (runner) => runner.report(99),
  output: (runner) => runner.beginOutput(),
  part: (runner, { uploadId }) => runner.putPart(uploadId, 'overwritten'),
  completed: (runner, upload) => runner.complete(upload),
  failed: (runner) => runner.fail('input_invalid'),
  'failed with a retry': (runner) => runner.fail('stalled'),
  released: (runner) => runner.release(),
}

/** Claims a job; null if there is none. */
export async function claimJob(
  queue = 'default',
  id = 'test-runner',
  capabilities: Record<string, unknown> = {},
  more: Record<string, unknown> = {},
): Promise<Assignment | null> {
  const runner = { id, ...capabilities }
  const request = { protocol: PROTOCOL_VERSION, runner, queues: [queue], waitSeconds: 0, ...more }
  const response = await asRunner('POST', '/runner/claim', request)
  return response.status === 204 ? null : expectJson<Assignment>(response, 200)
}

/** Claims a job and returns the fake runner that holds it. @throws if there is no job */
export async function claimAsRunner(
  queue = 'default',
): Promise<FakeRunner & { assignment: Assignment }> {
  const assignment = await claimJob(queue)
  if (!assignment) {
    throw new Error(`there was nothing to claim in ${queue}`)
  }
  return { ...fakeRunner(assignment), assignment }
}

/** Creates a job with priority 0 and claims it. @throws if another job is claimed first */
export async function startJob(
  filePath: string,
  transformation = 'w_640',
  fields: Record<string, unknown> = {},
) {
  const job = await createOne(filePath, transformation, { priority: 0, ...fields })
  const runner = await claimAsRunner()
  if (runner.jobId !== job.id) {
    throw new Error('another job was claimed')
  }
  return runner
}
