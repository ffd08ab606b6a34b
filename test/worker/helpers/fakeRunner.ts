/** A runner without ffmpeg: it speaks the protocol for one claim, and its outputs are any bytes. */
import { exports } from 'cloudflare:workers'
import type { FailureCode } from '../../../src/contract/failureCode.ts'
import { RUNNER_SECRET_HEADER, type UploadedPart } from '../../../src/contract/runnerProtocol.ts'
import { asRunner, claimJob, createJobs, expectJson, RUNNER_SECRET } from './support.ts'

export interface Upload {
  uploadId: string
  parts: UploadedPart[]
}

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
const notes = { stderrTail: 'the last line', command: 'ffmpeg -i', timings: { encode: 100 } }

export function fakeRunner({ jobId, fence }: { jobId: string; fence: number }) {
  const at = (what: string) => `/runner/jobs/${jobId}/${what}`
  const finish = (message: Record<string, unknown>) =>
    asRunner(at('finish'), 'POST', { fence, ...message })
  const runner = {
    jobId,
    fence,
    source: (reference?: number) =>
      asRunner(
        at(`source?fence=${fence}${reference === undefined ? '' : `&reference=${reference}`}`),
      ),
    report: (progress = 10) =>
      asRunner(at('report'), 'POST', { fence, progress, stage: 'encode', etaSeconds: 5 }),
    beginOutput: () =>
      asRunner(at('output'), 'POST', {
        fence,
        progress: 90,
        stage: 'upload',
        etaSeconds: 0,
        sizeBytes: 1_000,
      }),
    putPart: (uploadId: string, text = 'a part', part = 1) =>
      asRunner(
        at(`output/${part}?${new URLSearchParams({ fence: String(fence), uploadId })}`),
        'PUT',
        new TextEncoder().encode(text),
      ),
    /** Uploads an output in one part. */
    async upload(text = `made by ${jobId} ${fence}`): Promise<Upload> {
      const { uploadId } = await expectJson<{ uploadId: string }>(await runner.beginOutput(), 200)
      const part = await expectJson<UploadedPart>(await runner.putPart(uploadId, text), 200)
      return { uploadId, parts: [part] }
    },
    complete: (upload: Upload) =>
      finish({ outcome: 'completed', ...notes, ...upload, output: OUTPUT }),
    putFile: (name: string, text: string, headers: Record<string, string> = {}) =>
      exports.default.fetch(`http://reelqueue${at(`files/${name}?fence=${fence}`)}`, {
        method: 'PUT',
        headers: {
          Authorization: 'Bearer test-runner-token',
          [RUNNER_SECRET_HEADER]: RUNNER_SECRET,
          ...headers,
        },
        body: new TextEncoder().encode(text),
      }),
    sayPlayable: () =>
      asRunner(at('report'), 'POST', {
        fence,
        progress: 20,
        stage: 'encode',
        etaSeconds: 5,
        fps: 50,
        speed: 2,
        playable: true,
      }),
    packaged: (files = 2, sizeBytes = 1_000) =>
      finish({ outcome: 'packaged', ...notes, files, sizeBytes, output: OUTPUT }),
    fail: (errorCode: FailureCode) =>
      finish({ outcome: 'failed', ...notes, errorCode, message: `it was ${errorCode}` }),
    release: () => finish({ outcome: 'released', reason: 'shutting down' }),
  }
  return runner
}
export type FakeRunner = ReturnType<typeof fakeRunner>

/** Claims the next job of the default queue. */
export async function claimAsRunner(): Promise<FakeRunner> {
  const assignment = await claimJob()
  if (!assignment) {
    throw new Error('there was nothing to claim')
  }
  return fakeRunner(assignment)
}

/** Stores a file, queues one variant of it, and claims that job. */
export async function startJob(filePath: string, more: Record<string, unknown> = {}) {
  const [job] = await createJobs(filePath, ['w_640'], { priority: 0, ...more })
  const runner = await claimAsRunner()
  if (runner.jobId !== job!.id) {
    throw new Error('another job was claimed')
  }
  return runner
}

/** Does the whole of a claimed job. */
export async function completeJob(runner: FakeRunner): Promise<Upload> {
  const upload = await runner.upload()
  await expectJson(await runner.complete(upload), 200)
  return upload
}
