/**
 * Calls to the gateway: one function a route, each with its timeout, its retries and its answer
 * checked against the contract. Owns HTTP and nothing of what the calls are for.
 */
import { openAsBlob } from 'node:fs'
import { z } from 'zod'
import * as contract from '../src/contract/runner.ts'
import { backoffMs, pause } from './backoff.ts'
import { GatewayRefusal, GatewayUnreachable, LeaseLost, Released } from './failures.ts'

/** What names a job in every call about it. */
export type Lease = { jobId: string; fence: number }

/** Tries of a call whose answer matters; with backoff they span about ten seconds. */
const TRIES = 6
const SOURCE_TIMEOUT_MS = 30_000
const CALL_TIMEOUT_MS = 30_000
/** What an answer to a claim may take beyond the wait that it was allowed. */
const CLAIM_SPARE_MS = 10_000
/** A part may be hundreds of MiB over a slow line. */
const PART_TIMEOUT_MS = 600_000

type Send = {
  method?: string
  headers?: Record<string, string>
  body?: () => Promise<string | Blob>
}
type Limits = { timeoutMs: number; tries: number; signal: AbortSignal }

export type Client = ReturnType<typeof createClient>

export function createClient(options: { gatewayUrl: string; token: string | null }) {
  const authorization: Record<string, string> =
    options.token === null ? {} : { authorization: `Bearer ${options.token}` }

  async function once<T>(
    path: string,
    send: Send,
    limits: Limits,
    read: (answer: Response) => Promise<T>,
  ): Promise<T> {
    const answer = await fetch(`${options.gatewayUrl}/runner/${path}`, {
      method: send.method ?? 'GET',
      headers: { ...authorization, ...send.headers },
      body: send.body === undefined ? null : await send.body(),
      redirect: 'error',
      signal: AbortSignal.any([limits.signal, AbortSignal.timeout(Math.ceil(limits.timeoutMs))]),
    })
    if (answer.ok) return read(answer)
    const said = (await answer.text().catch(() => '')).slice(0, 300)
    if (answer.status === 409) throw new LeaseLost(said)
    if (answer.status === 412) throw new Released('the original was replaced')
    if (answer.status >= 500 || answer.status === 408 || answer.status === 429) {
      throw new Error(`gateway answered ${answer.status}: ${said}`)
    }
    throw new GatewayRefusal(answer.status, `gateway answered ${answer.status}: ${said}`)
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
        const final = [LeaseLost, Released, GatewayRefusal].some((kind) => error instanceof kind)
        if (final) throw error
        if (failures >= limits.tries) {
          throw new GatewayUnreachable(`no answer after ${failures} tries`, { cause: error })
        }
        await pause(backoffMs(failures), limits.signal)
      }
    }
  }

  function post<T>(path: string, message: unknown, answer: z.ZodType<T>, limits: Limits) {
    return call(path, json(message), limits, async (response) =>
      answer.parse(await response.json()),
    )
  }

  const job = ({ jobId }: Lease) => `jobs/${encodeURIComponent(jobId)}`

  return {
    /** Waits for work. Never retried here: a claim whose answer is lost must not be sent twice. */
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
     * Bytes `start` (inclusive) to `end` (exclusive) of the original. A short answer counts as a
     * broken connection and is fetched again.
     */
    source(lease: Lease, start: number, end: number, signal: AbortSignal): Promise<Buffer> {
      const send = {
        headers: { range: `bytes=${start}-${end - 1}`, 'accept-encoding': 'identity' },
      }
      const limits = { timeoutMs: SOURCE_TIMEOUT_MS, tries: TRIES, signal }
      return call(`${job(lease)}/source?fence=${lease.fence}`, send, limits, async (answer) => {
        const range = answer.headers.get('content-range') ?? 'none'
        if (answer.status !== 206 || !range.startsWith(`bytes ${start}-${end - 1}/`)) {
          await answer.body?.cancel()
          throw new GatewayRefusal(answer.status, `asked for ${start}-${end - 1}, got ${range}`)
        }
        const bytes = Buffer.from(await answer.arrayBuffer())
        if (bytes.length !== end - start) throw new Error(`short answer of ${bytes.length} bytes`)
        return bytes
      })
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

    /** Streams one part from disk; `start` inclusive and `end` exclusive are bytes of the file. */
    putPart(
      lease: Lease,
      part: { uploadId: string; partNumber: number; file: string; start: number; end: number },
      signal: AbortSignal,
    ): Promise<contract.UploadedPart> {
      const query = new URLSearchParams({ fence: `${lease.fence}`, uploadId: part.uploadId })
      const send = {
        method: 'PUT',
        headers: { 'content-type': 'application/octet-stream' },
        // A blob of a file knows its length, so Content-Length is sent, and is read as it goes out.
        body: async () => (await openAsBlob(part.file)).slice(part.start, part.end),
      }
      const limits = { timeoutMs: PART_TIMEOUT_MS, tries: TRIES, signal }
      return call(
        `${job(lease)}/output/${part.partNumber}?${query}`,
        send,
        limits,
        async (answer) => contract.uploadedPart.parse(await answer.json()),
      )
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
    body: async () => JSON.stringify(message),
  }
}
