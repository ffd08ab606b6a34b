/** Sends messages to the receivers of webhooks, and checks their addresses. */
import type { WebhookAnswer, WebhookClient } from '../services/ports.ts'
import { findAddressProblem } from './publicAddress.ts'

/** Time until the answer has a status. The first bytes of its body are then waited for shortly. */
const TIMEOUT_MS = 15_000
const BODY_TIMEOUT_MS = 2_000
const MAX_RESPONSE_BYTES = 500

/** @param allowsPrivate returns true if receivers may be anywhere, also without TLS */
export function createWebhookClient(allowsPrivate: () => boolean): WebhookClient {
  const findProblem = async (text: string) =>
    allowsPrivate() ? null : findAddressProblem(new URL(text))
  return {
    findProblem,
    async post({ url, headers, body }) {
      const startedAt = Date.now()
      const answer = await request(url, headers, body, findProblem)
      return { ...answer, durationMs: Date.now() - startedAt }
    },
  }
}

type Answer = Omit<WebhookAnswer, 'durationMs'>
const NO_ANSWER = { status: null, retryAfter: null, response: null }

async function request(
  url: string,
  headers: Record<string, string>,
  body: string,
  findProblem: WebhookClient['findProblem'],
): Promise<Answer> {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), TIMEOUT_MS)
  try {
    const problem = await findProblem(url)
    if (problem !== null) {
      return { ...NO_ANSWER, error: problem }
    }
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        ...headers,
        'Content-Type': 'application/json',
        'User-Agent': 'Reelqueue-Webhooks',
      },
      body,
      redirect: 'manual',
      signal: controller.signal,
    })
    return {
      status: response.status,
      retryAfter: response.headers.get('Retry-After'),
      response: await readStart(response),
      error: findStatusProblem(response),
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return {
      ...NO_ANSWER,
      error: controller.signal.aborted
        ? `There was no answer within ${TIMEOUT_MS / 1000} s.`
        : `The request failed: ${message}`,
    }
  } finally {
    clearTimeout(timer)
  }
}

function findStatusProblem({ ok, status }: Response): string | null {
  if (ok) {
    return null
  }
  return status >= 300 && status < 400
    ? `The receiver answered with ${status}. Redirects are not followed: change the URL of the webhook.`
    : `The receiver answered with ${status}. Only 2xx counts as delivered.`
}

/** Reads the first bytes of a body, and cancels the rest. A body that does not arrive is left out. */
async function readStart({ body }: Response): Promise<string> {
  if (body === null) {
    return ''
  }
  const reader = body.getReader()
  const bytes: number[] = []
  const timeout = Promise.withResolvers<null>()
  const timer = setTimeout(() => timeout.resolve(null), BODY_TIMEOUT_MS)
  try {
    while (bytes.length < MAX_RESPONSE_BYTES) {
      const part = await Promise.race([reader.read(), timeout.promise])
      if (part === null || part.done) {
        break
      }
      bytes.push(...part.value.subarray(0, MAX_RESPONSE_BYTES - bytes.length))
    }
  } catch {
    // The status has arrived, which is what counts.
  } finally {
    clearTimeout(timer)
    reader.cancel().catch(() => undefined)
  }
  return new TextDecoder().decode(Uint8Array.from(bytes))
}
