/** Exports whose steps the test takes, to the bucket `RENDERS` by its S3 API. */
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import { findFileType } from '../../../src/contract/fileTypes.ts'
import { runExportSteps } from '../../../src/services/exports/runExportStep.ts'
import type { ExportWakeUp } from '../../../src/services/ports.ts'
import { openPlatform } from './database.ts'
import { claimJob, fakeRunner, type Upload } from './fakeRunner.ts'
import { createOne } from './jobs.ts'
import { API_KEY, asRunner, expectJson, RUNNER_SECRET, visitWith } from './requests.ts'
import { RUNNER_SECRET_HEADER } from '../../../src/contract/runnerProtocol.ts'

/** A queue that delivers nothing, so that no step is taken but by the test. */
const QUIET = { send: async () => undefined, sendBatch: async () => undefined } as unknown as Queue

/** Sends a request as the root key, or as the runner. Messages that wake exports are not delivered. */
export function quietly(method: string, path: string, body?: unknown): Promise<Response> {
  const credentials = path.startsWith('/runner/')
    ? { Authorization: 'Bearer test-runner-token', [RUNNER_SECRET_HEADER]: RUNNER_SECRET }
    : API_KEY
  return visitWith({ IMPORTS: QUIET }, path, {
    method,
    headers: { ...credentials, 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
}

/** As the runner; only the end of the attempt begins an export. */
const asQuietRunner: typeof asRunner = (method, path, body, more) =>
  path.endsWith('/finish') ? quietly(method, path, body) : asRunner(method, path, body, more)

/** Steps of exports on a clock that the test moves. */
export function openExports() {
  const { platform, settled } = openPlatform()
  let waiting: { jobId: string; at: number }[] = []
  const own = {
    ...platform,
    wakeExports: async (wakeUps: readonly ExportWakeUp[]) => {
      const at = Date.now()
      waiting.push(
        ...wakeUps.map(({ jobId, delaySeconds }) => ({ jobId, at: at + delaySeconds * 1000 })),
      )
    },
  }
  const step = async (jobId: string) => {
    await runExportSteps(own, jobId)
    await settled()
  }
  /** Delivers the messages that are due. */
  const run = async () => {
    for (let due = takeDue(); due.length > 0; due = takeDue()) {
      for (const jobId of due) {
        await step(jobId)
      }
    }
  }
  const takeDue = (): string[] => {
    const now = Date.now()
    const due = waiting.filter(({ at }) => at <= now)
    waiting = waiting.filter(({ at }) => at > now)
    return [...new Set(due.map(({ jobId }) => jobId))]
  }
  return {
    platform: own,
    step,
    run,
    waiting: () => waiting.length,
    /** Delivers all messages, and moves the clock to the later ones. */
    runAll: async (jobId?: string) => {
      if (jobId !== undefined) {
        await step(jobId)
      }
      await run()
      while (waiting.length > 0) {
        vi.setSystemTime(Math.min(...waiting.map(({ at }) => at)))
        await run()
      }
    },
  }
}

let files = 0

async function beginJob(key: string, transformation: string, filePath: string) {
  const destination = { credential: 'renders', key }
  const job = await createOne(filePath, transformation, { destination, priority: 0 })
  const assignment = await claimJob()
  if (assignment?.jobId !== job.id) {
    throw new Error('another job was claimed')
  }
  return { id: job.id, filePath, runner: fakeRunner(assignment, asQuietRunner) }
}

/** Creates a job with a destination, and has a runner make its variant. The export has begun. */
export async function beginExport(
  key: string,
  { text = `made for ${key}`, filePath = `exports/${++files}.mp4` } = {},
) {
  const job = await beginJob(key, 'w_640', filePath)
  const upload: Upload = await job.runner.upload(text)
  const finished = await expectJson(await job.runner.complete(upload), 200)
  return { ...job, upload, text, finished }
}

/** The same with a package of small files with these names, and of large ones. */
export async function beginPackageExport(
  key: string,
  {
    names,
    large = {},
    transformation = 'f_hls',
  }: { names: string[]; large?: Record<string, Uint8Array>; transformation?: string },
) {
  const job = await beginJob(key, transformation, `exports/${++files}.mp4`)
  const entry = names.at(-1)!
  await expectJson(await job.runner.putFile(entry, `${entry} of ${key}`), 200)
  const prefix = `${job.id}/1/package/`
  for (const name of names) {
    const httpMetadata = { contentType: findFileType(name)!.contentType }
    await env.VARIANTS.put(prefix + name, large[name] ?? `${name} of ${key}`, { httpMetadata })
  }
  await expectJson(await job.runner.completePackage(names.length), 200)
  return { ...job, prefix }
}

export function randomBytes(sizeBytes: number): Uint8Array<ArrayBuffer> {
  const block = crypto.getRandomValues(new Uint8Array(65_536))
  const bytes = new Uint8Array(sizeBytes)
  for (let offset = 0; offset < sizeBytes; offset += block.length) {
    bytes.set(block.subarray(0, sizeBytes - offset), offset)
    bytes.set([offset / block.length], offset)
  }
  return bytes
}

/** Replaces the bytes of the variant of a job, for a large one. */
export async function enlargeVariant(
  jobId: string,
  sizeBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const { output_key: key } = (await env.DB.prepare(
    'SELECT output_key FROM exports WHERE job_id = ?',
  )
    .bind(jobId)
    .first<{ output_key: string }>())!
  const bytes = randomBytes(sizeBytes)
  await env.VARIANTS.put(key, bytes)
  return bytes
}

type Answer = Response | 'lost' | undefined
type Rule = (request: { method: string; url: URL }) => Answer | Promise<Answer>

/** Answers requests to the S3 API instead of the service; `lost`: the service answers, but nobody hears. */
export function interceptS3(rule: Rule): string[] {
  const original = globalThis.fetch
  const requests: string[] = []
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const url = new URL(input as string)
    const method = init?.method ?? 'GET'
    requests.push(`${method} ${url.pathname}${url.search}`)
    const answer = await rule({ method, url })
    if (answer instanceof Response) {
      return answer
    }
    const response = await original(input, init)
    if (answer === 'lost') {
      await response.text()
      throw new Error('Network connection lost.')
    }
    return response
  })
  return requests
}
