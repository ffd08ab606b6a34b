/**
 * Calls to the gateway: one function a route, each with its timeout, its retries and its answer
 * checked against the contract. Owns HTTP and nothing of what the calls are for.
 */
import { createHash, randomBytes } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { z } from 'zod'
import * as contract from '../../src/contract/runnerProtocol.ts'
import { reconnectDelayMs, pause } from './backoff.ts'
import { GatewayRejection, GatewayUnreachable, LeaseLost, AttemptReleased } from '../failures.ts'

/** What names a job in every call about it. */
export interface Lease {
  jobId: string
  fence: number
}

/** Tries of a call whose answer matters; with backoff they span about ten seconds. */
const TRIES = 6
const SOURCE_TIMEOUT_MS = 60_000
/** A range of which nothing comes for so long is asked for anew; connections have been seen to stall. */
const STALL_MS = 8_000
const CALL_TIMEOUT_MS = 30_000
/** What an answer to a claim may take beyond the wait that it was allowed. */
const CLAIM_SPARE_MS = 10_000
/** A part is 8 MiB, which a line of half a megabit a second carries in that time. */
const PART_TIMEOUT_MS = 150_000

interface Send {
  method?: string
  headers?: Record<string, string>
  body?: string | Buffer<ArrayBuffer>
}
interface Limits {
  timeoutMs: number
  tries: number
  signal: AbortSignal
}

export type GatewayClient = ReturnType<typeof createGatewayClient>

/**
 * @param options.patience for tests: how long a transfer may stand still or take, in milliseconds
 */
export function createGatewayClient(options: {
  gatewayUrl: string
  token: string | null
  patience?: { stallMs: number; partMs: number }
}) {
  const { stallMs, partMs } = options.patience ?? { stallMs: STALL_MS, partMs: PART_TIMEOUT_MS }
  // Known to this process alone: what it claims is bound to it, and no other runner can speak for it.
  const secret = randomBytes(16).toString('base64url')
  const credentials: Record<string, string> = {
    [contract.RUNNER_SECRET_HEADER]: secret,
    ...(options.token !== null && { authorization: `Bearer ${options.token}` }),
  }

  async function once<T>(
    path: string,
    send: Send,
    limits: Limits,
    read: (answer: Response) => Promise<T>,
  ): Promise<T> {
    const answer = await fetch(`${options.gatewayUrl}/runner/${path}`, {
      method: send.method ?? 'GET',
      headers: { ...credentials, ...send.headers },
      body: send.body ?? null,
      redirect: 'error',
      signal: AbortSignal.any([limits.signal, AbortSignal.timeout(Math.ceil(limits.timeoutMs))]),
    })
    if (answer.ok) {
      return read(answer)
    }
    const said = (await answer.text().catch(() => '')).slice(0, 300)
    // It was changed on its way; sent again, it may arrive whole.
    if (said.includes('"digest_mismatch"')) {
      throw new Error(said)
    }
    if (answer.status === 409) {
      throw new LeaseLost(said)
    }
    if (answer.status === 412) {
      throw new AttemptReleased('the original was replaced')
    }
    if (answer.status >= 500 || answer.status === 408 || answer.status === 429) {
      throw new Error(`gateway answered ${answer.status}: ${said}`)
    }
    throw new GatewayRejection(answer.status, `gateway answered ${answer.status}: ${said}`)
  }

  async function call<T>(
    path: string,
    send: Send,
    limits: Limits,
    read: (answer: Response) => Promise<T>,
  ): Promise<T> {
    for (let failures = 1; ; failures++) {
      try {
        return await once(path, send, limits, read)
      } catch (error) {
        limits.signal.throwIfAborted()
        const final = [LeaseLost, AttemptReleased, GatewayRejection].some(
          (kind) => error instanceof kind,
        )
        if (final) {
          throw error
        }
        if (failures >= limits.tries) {
          throw new GatewayUnreachable(`no answer after ${failures} tries`, { cause: error })
        }
        await pause(reconnectDelayMs(failures), limits.signal)
      }
    }
  }

  function post<T>(path: string, message: unknown, answer: z.ZodType<T>, limits: Limits) {
    return call(path, json(message), limits, async (response) =>
      answer.parse(await response.json()),
    )
  }

  /** Sends bytes with their digest, so that what was changed on its way is refused and sent again. */
  function put<T>(
    path: string,
    bytes: Buffer<ArrayBuffer>,
    answer: z.ZodType<T>,
    signal: AbortSignal,
  ) {
    const send = {
      method: 'PUT',
      headers: {
        'content-type': 'application/octet-stream',
        'content-digest': contentDigest(bytes),
      },
      body: bytes,
    }
    const limits = { timeoutMs: partMs, tries: TRIES, signal }
    return call(path, send, limits, async (response) => answer.parse(await response.json()))
  }

  const job = ({ jobId }: Lease) => `jobs/${encodeURIComponent(jobId)}`

  return {
    /** Waits for work. Not retried here: after a lost answer the next claim has to say so. */
    claim(
      request: contract.ClaimRequest,
      signal: AbortSignal,
    ): Promise<contract.Assignment | null> {
      const limits = { timeoutMs: request.waitSeconds * 1_000 + CLAIM_SPARE_MS, tries: 1, signal }
      return call('claim', json(request), limits, async (answer) =>
        answer.status === 204 ? null : contract.assignment.parse(await answer.json()),
      )
    },

    /** Tried once: a newer report follows within a second. */
    async report(
      lease: Lease,
      report: Omit<contract.Report, 'fence'>,
      limits: Omit<Limits, 'tries'>,
    ) {
      const message = { fence: lease.fence, ...report }
      await post(`${job(lease)}/report`, message, contract.reportAnswer, { ...limits, tries: 1 })
    },

    /**
     * Bytes `start` (inclusive) to `end` (exclusive) of the original, or of a reference by its place
     * in the assignment. An answer that stalls, is short
     * or does not match its digest counts as a broken connection and is fetched again.
     */
    source(
      lease: Lease & { reference?: number },
      start: number,
      end: number,
      signal: AbortSignal,
    ): Promise<Buffer> {
      const send = {
        headers: { range: `bytes=${start}-${end - 1}`, 'accept-encoding': 'identity' },
      }
      const limits = { timeoutMs: SOURCE_TIMEOUT_MS, tries: TRIES, signal }
      const which = lease.reference === undefined ? '' : `&reference=${lease.reference}`
      return call(
        `${job(lease)}/source?fence=${lease.fence}${which}`,
        send,
        limits,
        async (answer) => {
          const range = answer.headers.get('content-range') ?? 'none'
          if (answer.status !== 206 || !range.startsWith(`bytes ${start}-${end - 1}/`)) {
            await answer.body?.cancel()
            throw new GatewayRejection(answer.status, `asked for ${start}-${end - 1}, got ${range}`)
          }
          const bytes = await readMoving(answer, stallMs)
          if (bytes.length !== end - start) {
            throw new Error(`short answer of ${bytes.length} bytes`)
          }
          const digest = answer.headers.get('content-digest') ?? ''
          if (digest.startsWith('sha-256=') && digest !== contentDigest(bytes)) {
            throw new Error(`bytes ${start} to ${end} were changed on their way`)
          }
          return bytes
        },
      )
    },

    requestOutput(
      lease: Lease,
      request: Omit<contract.OutputRequest, 'fence'>,
      signal: AbortSignal,
    ) {
      const limits = { timeoutMs: CALL_TIMEOUT_MS, tries: TRIES, signal }
      const message = { fence: lease.fence, ...request }
      return post(`${job(lease)}/output`, message, contract.outputAnswer, limits)
    },

    /** Sends one part; `start` inclusive and `end` exclusive are bytes of the file. */
    async putPart(
      lease: Lease,
      part: { uploadId: string; partNumber: number; file: string; start: number; end: number },
      signal: AbortSignal,
    ): Promise<contract.UploadedPart> {
      const query = new URLSearchParams({ fence: `${lease.fence}`, uploadId: part.uploadId })
      const bytes = await readSlice(part.file, part.start, part.end)
      const path = `output/${part.partNumber}?${query}`
      return put(`${job(lease)}/${path}`, bytes, contract.uploadedPart, signal)
    },

    /** Stores one file of a package, whole; sent again under its name, it replaces the one before. */
    async putFile(lease: Lease, name: string, file: string, signal: AbortSignal): Promise<void> {
      const bytes = await readFile(file)
      const path = `files/${name}?fence=${lease.fence}`
      await put(`${job(lease)}/${path}`, bytes, contract.storedPackageFile, signal)
    },

    finish(lease: Lease, finish: contract.Finish, signal: AbortSignal) {
      const limits = { timeoutMs: CALL_TIMEOUT_MS, tries: TRIES, signal }
      return post(`${job(lease)}/finish`, finish, contract.finishAnswer, limits)
    },
  }
}

function json(message: unknown): Send {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(message),
  }
}

function contentDigest(bytes: Buffer): string {
  return `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`
}

async function readSlice(file: string, start: number, end: number): Promise<Buffer<ArrayBuffer>> {
  const bytes = Buffer.alloc(end - start)
  await using handle = await open(file)
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, start)
  if (bytesRead !== bytes.length) {
    throw new Error(`the file ends at ${start + bytesRead}`)
  }
  return bytes
}

/** The whole body, as long as some of it comes every `stallMs`. */
async function readMoving(answer: Response, stallMs: number): Promise<Buffer> {
  const reader = answer.body!.getReader()
  const chunks: Uint8Array[] = []
  for (;;) {
    const timer = setTimeout(() => void reader.cancel(), stallMs)
    const { done, value } = await reader.read().finally(() => clearTimeout(timer))
    // Cancelled, it ends early, and the length tells.
    if (done) {
      return Buffer.concat(chunks)
    }
    chunks.push(value)
  }
}
