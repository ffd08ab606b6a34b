/** The sender: sends the deliveries of one endpoint that are due, and decides when it is tried again. */
import { DEFAULT_QUEUE } from '../../contract/queue.ts'
import {
  type AttemptResult,
  claimEndpoint,
  type EndpointState,
  recordAttempts,
} from '../../db/webhookDeliveries.ts'
import type { DeliveryRow, WebhookRow } from '../../db/rows.ts'
import { readRetryAfter } from '../../domain/retryAfter.ts'
import {
  GIVE_UP_MS,
  isGivenUp,
  MAX_DELAY_OF_NEW_MS,
  webhookDelayMs,
} from '../../domain/webhookRetry.ts'
import { signMessage } from '../../domain/webhookSignature.ts'
import { logWarn } from '../../log.ts'
import type { Platform, WebhookAnswer } from '../ports.ts'
import { wakeEndpoints } from './dispatch.ts'
import { writeMessageId } from './payload.ts'
import { readSecrets } from './secrets.ts'

const MAX_DELIVERIES_PER_ROUND = 20
/** Requests to one endpoint at a time. The runtime allows six in all. */
const CONCURRENCY = 4
/** A round begins no further request after this time. Each takes up to 15 s. */
const MAX_ROUND_MS = 20_000
/** More than the longest round takes. */
const LOCK_MS = 90_000

interface Attempt {
  delivery: DeliveryRow
  result: Omit<AttemptResult, 'nextAttemptAt'>
  answer: WebhookAnswer
}

/** Runs one round for an endpoint, unless another invocation does. */
export async function sendDeliveries(platform: Platform, id: string): Promise<void> {
  const now = Date.now()
  const lockedUntil = now + LOCK_MS
  const claimed = await claimEndpoint(platform.db, id, {
    now,
    lockedUntil,
    limit: MAX_DELIVERIES_PER_ROUND,
  })
  if (claimed === undefined) {
    return
  }
  const { endpoint } = claimed
  const secrets = await readSecrets(platform, endpoint, now)
  const attempts = secrets === null ? [] : await sendRound(platform, claimed, secrets)
  const outcome =
    secrets === null
      ? { results: [], state: disable(endpoint, 'secret_unreadable', now) }
      : assess(endpoint, attempts, Date.now())
  const { results, state } = outcome
  if (state.disabledReason !== null) {
    logWarn('webhook_disabled', { webhook: id, reason: state.disabledReason })
  }
  const wakeAt = await recordAttempts(platform.db, endpoint, results, state)
  if (state.disabledReason !== null) {
    // A trigger has inserted an event.
    await platform.hubs.notify(endpoint.queue ?? DEFAULT_QUEUE, null)
  }
  if (wakeAt !== null) {
    await wakeEndpoints(platform, [{ id, wakeAt }])
  }
}

/**
 * Sends what is due, in the order of the events; the deliveries of one job one after another. To an endpoint
 * that fails, the oldest is sent, and if that fails the newest: a message that the receiver never accepts
 * must not hold the others back.
 */
async function sendRound(
  platform: Platform,
  {
    endpoint,
    due,
    newest,
  }: { endpoint: WebhookRow; due: DeliveryRow[]; newest?: DeliveryRow | undefined },
  secrets: readonly string[],
): Promise<Attempt[]> {
  if (endpoint.failures === 0) {
    return sendAll(platform, endpoint, due.toSorted(compareSeq), secrets)
  }
  const [oldest] = due.toSorted(compareSeq)
  if (oldest === undefined) {
    return []
  }
  const first = await send(platform, endpoint, oldest, secrets)
  const isOver =
    first.result.isDelivered || newest === undefined || newest.seq === oldest.seq || isHeld(first)
  return isOver ? [first] : [first, await send(platform, endpoint, newest, secrets)]
}

function compareSeq(a: DeliveryRow, b: DeliveryRow): number {
  return a.seq - b.seq
}

async function sendAll(
  platform: Platform,
  endpoint: WebhookRow,
  deliveries: DeliveryRow[],
  secrets: readonly string[],
): Promise<Attempt[]> {
  const waiting = [...deliveries]
  const busyJobs = new Set<string>()
  const attempts: Attempt[] = []
  const until = Date.now() + MAX_ROUND_MS
  /** After as many failures as requests at a time, with no success, the endpoint is left alone. */
  const isFailing = () =>
    attempts.length >= CONCURRENCY && attempts.every(({ result }) => !result.isDelivered)
  const sendNext = async (): Promise<void> => {
    while (Date.now() < until && !isFailing() && !attempts.some(isHeld)) {
      const index = waiting.findIndex(({ jobId }) => jobId === '' || !busyJobs.has(jobId))
      const delivery = waiting[index]
      if (delivery === undefined) {
        return
      }
      waiting.splice(index, 1)
      busyJobs.add(delivery.jobId)
      attempts.push(await send(platform, endpoint, delivery, secrets))
      busyJobs.delete(delivery.jobId)
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, sendNext))
  return attempts
}

/** True if the receiver asks not to be sent more now, or never again. */
function isHeld({ answer: { status, retryAfter } }: Attempt): boolean {
  const isSuccess = status !== null && status >= 200 && status < 300
  return status === 410 || status === 429 || (!isSuccess && retryAfter !== null)
}

async function send(
  { webhooks }: Platform,
  endpoint: WebhookRow,
  delivery: DeliveryRow,
  secrets: readonly string[],
): Promise<Attempt> {
  const at = Date.now()
  const body = delivery.body ?? ''
  const id = writeMessageId(delivery.seq)
  const headers = await signMessage(secrets, { id, body, now: at })
  const answer = await webhooks.post({ url: delivery.url ?? endpoint.url, headers, body })
  const result = {
    seq: delivery.seq,
    queuedAt: delivery.queuedAt,
    at,
    isDelivered: answer.error === null,
    responseStatus: answer.status,
    durationMs: answer.durationMs,
    response: answer.response,
    error: answer.error,
  }
  return { delivery, result, answer }
}

/** Decides what follows from the attempts of a round. */
function assess(
  endpoint: WebhookRow,
  attempts: readonly Attempt[],
  now: number,
): { results: AttemptResult[]; state: EndpointState } {
  const isGone = ({ answer }: Attempt) => answer.status === 410
  // Of several job URLs of one origin, one can be gone while the others are not.
  const isAlive = attempts.some(
    (attempt) => attempt.result.isDelivered || (endpoint.forJobs && isGone(attempt)),
  )
  // An old message that fails alone says nothing about an endpoint that has taken others since.
  const isFailing =
    attempts.length > 0 &&
    !isAlive &&
    (endpoint.failures > 0 || attempts.some(({ delivery }) => delivery.attempts === 0))
  const results = attempts.map((attempt): AttemptResult => ({
    ...attempt.result,
    nextAttemptAt:
      attempt.result.isDelivered || (endpoint.forJobs && isGone(attempt))
        ? null
        : findNextAttempt(attempt.delivery, isFailing, now),
  }))
  if (!endpoint.forJobs && attempts.some(isGone)) {
    return { results, state: disable(endpoint, 'gone', now) }
  }
  const heldUntil = findHold(endpoint, attempts, now)
  if (!isFailing) {
    const isUnknown = attempts.length === 0 || !isAlive
    const { failures, failingSince } = isUnknown ? endpoint : { failures: 0, failingSince: null }
    return { results, state: { ...ENABLED, failures, failingSince, retryAt: heldUntil, heldUntil } }
  }
  const failingSince = endpoint.failingSince ?? attempts[0]!.result.at
  if (now - failingSince >= GIVE_UP_MS) {
    return { results, state: disable({ ...endpoint, failingSince }, 'failing', now) }
  }
  const failures = endpoint.failures + 1
  const delay = webhookDelayMs(failures, Math.random())
  // Something new was tried: more of it may follow.
  const isBusy = failures > 1 && attempts.some(({ delivery }) => delivery.attempts === 0)
  const retryAt = now + (isBusy ? Math.min(delay, MAX_DELAY_OF_NEW_MS) : delay)
  return {
    results,
    state: {
      ...ENABLED,
      failures,
      failingSince,
      retryAt: Math.max(retryAt, heldUntil ?? 0),
      heldUntil,
    },
  }
}

const ENABLED = { disabledAt: null, disabledReason: null }

/** Returns when a delivery that failed is tried again; null if it is given up. */
function findNextAttempt(
  { attempts, queuedAt, nextAttemptAt }: DeliveryRow,
  isEndpointFailing: boolean,
  now: number,
): number | null {
  // The endpoint as a whole waits, and then begins with the oldest delivery.
  if (isEndpointFailing) {
    return nextAttemptAt
  }
  return isGivenUp(attempts + 1, queuedAt, now)
    ? null
    : now + webhookDelayMs(attempts + 1, Math.random())
}

/** The time before which the receiver does not want to be sent more; null if it did not say so. */
function findHold(
  { failures }: WebhookRow,
  attempts: readonly Attempt[],
  now: number,
): number | null {
  const delays = attempts.filter(isHeld).map(
    ({ answer: { retryAfter } }) =>
      // Without a valid time: as long as after a failure.
      readRetryAfter(retryAfter, now) ?? webhookDelayMs(failures + 1, Math.random()),
  )
  return delays.length === 0 ? null : now + Math.max(...delays)
}

function disable(
  { failures, failingSince }: Pick<WebhookRow, 'failures' | 'failingSince'>,
  reason: NonNullable<WebhookRow['disabledReason']>,
  now: number,
): EndpointState {
  return {
    failures: failures + 1,
    failingSince: failingSince ?? now,
    retryAt: null,
    heldUntil: null,
    disabledAt: now,
    disabledReason: reason,
  }
}
