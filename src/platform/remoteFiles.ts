/** Requests files from other servers, as callers named them. Each server must be on the public internet. */
import { quote, shorten } from '../contract/quote.ts'
import { findUrlProblem } from '../domain/publicAddress.ts'
import type { RemoteAnswer, RemoteFiles, RemoteRequest } from '../services/ports.ts'
import { createS3Client } from '../storage/s3/client.ts'
import type { CredentialBucket } from '../storage/s3/credential.ts'
import { findAddressProblem } from './publicAddress.ts'

const MAX_REDIRECTS = 5
const REDIRECTS = [301, 302, 303, 307, 308]
/** Time until an answer has a status. */
const TIMEOUT_MS = 30_000
/** Time for all redirects together: less than the lease of a step. */
const MAX_OPENING_MS = 60_000
const IDLE_MS = 30_000

interface RemoteSettings {
  /** True if servers may be anywhere, also without TLS. */
  allowsPrivate: boolean
  maxBytes: number
}

/** @param readSettings is called when the settings are needed, because one that is not valid throws */
export function createRemoteFiles(readSettings: () => RemoteSettings): RemoteFiles {
  return {
    get maxBytes() {
      return readSettings().maxBytes
    },
    idleMs: IDLE_MS,
    findProblem: (url) => (readSettings().allowsPrivate ? null : findUrlProblem(new URL(url))),
    open: (request) => follow(request, readSettings().allowsPrivate),
    openObject,
  }
}

async function openObject(
  bucket: CredentialBucket,
  key: string,
  conditions: Readonly<Record<string, string>>,
): Promise<RemoteAnswer> {
  const host = `${quote(bucket.credential)} of S3_CREDENTIALS`
  try {
    const answer = await createS3Client(bucket).send('GET', key, { headers: conditions })
    return { ok: true, status: answer.status, headers: answer.headers, body: answer.body, host }
  } catch (error) {
    return unreachable(host, error)
  }
}

function unreachable(host: string, error: unknown): RemoteAnswer {
  const problem = shorten(error instanceof Error ? error.message : String(error))
  return {
    ok: false,
    reason: 'unreachable',
    message: `The request to ${shorten(host)} failed: ${problem}`,
  }
}

async function follow(request: RemoteRequest, allowsPrivate: boolean): Promise<RemoteAnswer> {
  const find = async (url: URL) => (allowsPrivate ? null : findAddressProblem(url))
  let url = new URL(request.url)
  let { headers } = request
  const deadline = Date.now() + MAX_OPENING_MS
  for (let redirects = 0; ; redirects++) {
    const origin = redirects === 0 ? 'The URL' : `The redirect to ${shorten(url.host)}`
    try {
      const problem = await find(url)
      if (problem !== null) {
        return refuse(`${origin} is refused: ${problem}`)
      }
      const timeoutMs = Math.min(TIMEOUT_MS, deadline - Date.now())
      if (timeoutMs <= 0) {
        throw new Error(`the redirects took more than ${MAX_OPENING_MS / 1000} s`)
      }
      const response = await send(url, { ...headers, ...request.conditions }, timeoutMs)
      // The request resolved the name again. Nothing is read from a server whose name now has another address.
      const problemNow = await find(url)
      if (problemNow !== null) {
        await response.body?.cancel()
        return refuse(`${origin} is refused: ${problemNow}`)
      }
      if (!REDIRECTS.includes(response.status)) {
        const { status, body } = response
        return { ok: true, status, headers: response.headers, body, host: shorten(url.host) }
      }
      await response.body?.cancel()
      const target = readTarget(response, url)
      if (target === null || redirects === MAX_REDIRECTS) {
        return refuse(
          target === null
            ? `The server ${shorten(url.host)} redirects (${response.status}) to no valid URL.`
            : `There are more than ${MAX_REDIRECTS} redirects. Name the URL to which they lead.`,
        )
      }
      // Once left out, they are not sent again, even if a later redirect leads back.
      headers = target.origin === url.origin ? headers : {}
      url = target
    } catch (error) {
      return unreachable(url.host, error)
    }
  }
}

function refuse(message: string): RemoteAnswer {
  return { ok: false, reason: 'refused', message }
}

function readTarget(response: Response, url: URL): URL | null {
  const location = response.headers.get('Location')
  if (location === null || !URL.canParse(location, url.href)) {
    return null
  }
  const target = new URL(location, url)
  target.username = ''
  target.password = ''
  target.hash = ''
  return /^https?:$/.test(target.protocol) ? target : null
}

/** @throws if there is no answer in time */
async function send(
  url: URL,
  headers: Record<string, string>,
  timeoutMs: number,
): Promise<Response> {
  // Compares names without regard to case: the caller can have named the user agent.
  const sent = new Headers(headers)
  if (!sent.has('User-Agent')) {
    sent.set('User-Agent', 'Reelqueue-Import')
  }
  sent.set('Accept-Encoding', 'identity')
  const controller = new AbortController()
  // Ends with the answer: the body can take longer.
  const timer = setTimeout(
    () => controller.abort(new Error(`there was no answer within ${timeoutMs / 1000} s`)),
    timeoutMs,
  )
  try {
    return await fetch(url, {
      headers: sent,
      redirect: 'manual',
      cache: 'no-store',
      signal: controller.signal,
    })
  } finally {
    clearTimeout(timer)
  }
}
