/** The examples of the OpenAPI document as requests, and what happens before some of them. */
import { env } from 'cloudflare:workers'
import { expect, vi } from 'vitest'
import sentExamples from '../../../src/http/openapiExamples.json' with { type: 'json' }
import { countRows } from './database.ts'
import { claimAsRunner, claimJob, fakeRunner, startJob } from './fakeRunner.ts'
import { createOne } from './jobs.ts'
import { insertJobIn } from './jobStore.ts'
import { mp4 } from './mediaBytes.ts'
import { api, asRunner, expectJson } from './requests.ts'
import { metadata } from './tus.ts'
import { openWebhooks } from './webhooks.ts'
import { WAIT } from './wait.ts'

export interface Example {
  operationId: string
  /** Set if the operation has several examples. */
  name?: string
  method: string
  path: string
  status: number
  request?: Record<string, unknown>
  /** None: the body is empty, or the bytes of a file. */
  response?: unknown
  /** Headers of the response. */
  headers?: Record<string, string>
}
export const examples: Example[] = sentExamples
export const webhooks = openWebhooks()
/** Requests whose bodies are files. */
const FILES: Record<string, Uint8Array> = {
  putFile: mp4(),
  putUploadPart: mp4(),
  appendToTusUpload: mp4(),
  putOutputPart: mp4(),
  putPackageFile: mp4(),
}
const TUS = { 'Tus-Resumable': '1.0.0' }
const HEADERS: Record<string, Record<string, string>> = {
  createTusUpload: {
    ...TUS,
    'Upload-Length': '40',
    'Upload-Metadata': metadata({ filePath: 'videos/film.mp4' }),
  },
  getTusUpload: TUS,
  appendToTusUpload: {
    ...TUS,
    'Upload-Offset': '0',
    'Content-Type': 'application/offset+octet-stream',
  },
  deleteTusUpload: TUS,
}
/** What ffprobe finds, as a runner stores it. */
const PROBE = {
  format: 'mp4',
  formatName: 'mov,mp4,m4a,3gp,3g2,mj2',
  durationSeconds: 2,
  sizeBytes: 51_200,
  bitRate: 204_800,
  startSeconds: 0,
  chapters: 0,
  tags: {},
  streams: [],
  remux: { mp4: null, mov: null, webm: 'webm does not hold h264', mkv: null },
}
/** Ids in the examples. */
const JOB_ID = 'job_01a21c7a9e303c3db7bcc64e44e4ab44'
const CHUNK_ID = 'job_01a21c7a9f113c3db7bcc64e44e4ab45'
const DIRECT_UPLOAD_ID = 'upl_6f1e2d3c4b5a49788796a5b4c3d2e1f0'
/** A job that is split, and what the runner of its first chunk has measured. */
const CHUNKS = [
  { kind: 'video', startSeconds: 0, endSeconds: 30, frames: 750 },
  { kind: 'video', startSeconds: 30, endSeconds: null, frames: null },
  { kind: 'join', startSeconds: 0, endSeconds: null, frames: null },
]
const VERSION = '1-0123456789abcdef'
const STORED_PROBE = { version: VERSION, results: { header: {} } }
const CAPABLE = { chunkVersion: VERSION, probeVersion: VERSION }
const FACTS = {
  sizeBytes: 51_200,
  frames: 750,
  samples: null,
  timescale: 25,
  startTicks: 0,
  endTicks: 750,
  decoderConfig: 'b'.repeat(64),
}

/** The ids of this run by those of the examples. */
const ids = new Map<string, string>()
const NAMED = ['id', 'jobId', 'uploadId', 'etag', 'key']

async function startExampleJob(filePath: string, transformation: string) {
  const runner = await startJob(filePath, transformation)
  ids.set(JOB_ID, runner.jobId)
  return runner
}

/** What happens before a request, and is no request of the API: the work of runners, deliveries. */
const BEFORE: Record<string, () => Promise<unknown>> = {
  listAttempts: async () => (await claimAsRunner()).fail('input_invalid', 'It has no video.'),
  cancelJob: async () => {
    const { id } = await createOne('videos/clip.mp4')
    ids.set(JOB_ID, id)
  },
  getVariantSize: async () => (await startJob('videos/clip.mp4')).completeWith('the variant'),
  probeFile: async () => {
    await api('POST', '/probe', { filePath: 'videos/clip.mp4', waitSeconds: 0 })
    const runner = await claimAsRunner()
    await runner.complete(await runner.upload(JSON.stringify(PROBE)))
  },
  listWebhookDeliveries: async () => {
    await insertJobIn('completed')
    await webhooks.run()
    const delivered = () => countRows('webhook_deliveries', "status = 'delivered'")
    await vi.waitFor(async () => expect(await delivered()).toBe(1), WAIT)
  },
  getPartUrl: async () => {
    const request = { filePath: 'videos/film.mp4', directSize: 100_000_000 }
    const begun = await api('POST', '/uploads', request)
    ids.set(DIRECT_UPLOAD_ID, (await expectJson<{ uploadId: string }>(begun, 201)).uploadId)
  },
  claimJob: async () => {
    await env.DB.exec('DELETE FROM jobs')
    await createOne('videos/clip.mp4', 'w_640', { priority: 0 })
  },
  putPackageFile: () => startExampleJob('videos/clip.mp4', 'f_hls'),
  listCompletedChunks: async () => {
    const lead = await startExampleJob('videos/clip.mp4', 'w_320')
    await expectJson(
      await lead.split(CHUNKS, { planKey: 'a'.repeat(64), probe: STORED_PROBE }),
      200,
    )
    const claimChunk = () => claimJob('default', 'test-runner', CAPABLE)
    const first = fakeRunner((await claimChunk())!)
    await expectJson(await first.complete(await first.upload(), { chunk: FACTS }), 200)
    ids.set(CHUNK_ID, (await claimChunk())!.jobId)
  },
}

/** Notes the ids that were returned in the places of those of the example. */
export function noteIds(example: unknown, returned: unknown): void {
  if (typeof example === 'object' && example !== null) {
    for (const [name, value] of Object.entries(example)) {
      const other = (returned as Record<string, unknown> | null)?.[name]
      if (typeof value === 'string' && NAMED.includes(name)) {
        ids.set(value, String(other))
      }
      noteIds(value, other)
    }
  }
}

/** Notes an id at the end of a URL. */
export function noteLastSegment(example: string, returned: string): void {
  ids.set(example.split('/').at(-1)!, returned.split('/').at(-1)!)
}

function replaceIds(text: string): string {
  return [...ids].reduce((replaced, [id, own]) => replaced.replaceAll(id, own), text)
}

/** Returns the body of a request: a file, a form or an object. */
function createBody({ operationId, request }: Example): unknown {
  if (operationId === 'uploadForm') {
    const { files, folder, transformations } = request as Record<string, string>
    const form = new FormData()
    form.append('files', new File([mp4()], files![0]!))
    form.append('folder', folder!)
    form.append('transformations', transformations![0]!)
    return form
  }
  return FILES[operationId] ?? (request && JSON.parse(replaceIds(JSON.stringify(request))))
}

/** Sends the request of an example, after what happens before it. */
export async function sendExample(example: Example): Promise<Response> {
  const { operationId, method, path } = example
  await BEFORE[operationId]?.()
  const send = path.startsWith('/runner/') ? asRunner : api
  return send(method, replaceIds(path), createBody(example), HEADERS[operationId])
}
