/** The log of deliveries, replays, and test messages. */
import {
  type Delivery,
  type ListDeliveries,
  MAX_REPLAYED,
  type ReplayDeliveries,
  type TestResult,
  toWebhookType,
} from '../../contract/webhook.ts'
import { findShownJobs } from '../../db/jobs.ts'
import type { DeliveryRow, WebhookRow } from '../../db/rows.ts'
import {
  listDeliveryRows,
  listReplayable,
  replayDeliveries,
  type ReplaySelection,
} from '../../db/webhookDeliveries.ts'
import type { Owner } from '../../db/webhooks.ts'
import { errorResult } from '../../domain/result.ts'
import { signMessage } from '../../domain/webhookSignature.ts'
import type { Platform } from '../ports.ts'
import { toIsoTime } from '../serializers.ts'
import { wakeEndpoints } from './dispatch.ts'
import { readEndpoint } from './endpoints.ts'
import { writeBody, writeMessageId } from './payload.ts'
import { readSecrets } from './secrets.ts'

export async function readDeliveries(
  platform: Platform,
  caller: Owner,
  id: string,
  { status, before, limit }: ListDeliveries,
) {
  const found = await readEndpoint(platform, caller, id)
  if (!found.ok) {
    return found
  }
  const rows = await listDeliveryRows(platform.db, id, { status, before, limit })
  return {
    ok: true as const,
    deliveries: rows.map((row) => serializeDelivery(row, found.row)),
    nextBefore: rows.length === limit ? rows.at(-1)!.seq : null,
  }
}

/**
 * Sends deliveries again, with the same ids, up to MAX_REPLAYED. A message that is still kept is sent as it
 * was; one that was delivered has the job as it is now.
 */
export async function replay(
  platform: Platform,
  caller: Owner,
  id: string,
  request: ReplayDeliveries,
) {
  const found = await readEndpoint(platform, caller, id)
  if (!found.ok) {
    return found
  }
  if (found.row.disabledAt !== null) {
    return errorResult(
      'webhook_disabled',
      'The webhook is disabled. Enable it first: PATCH it with "disabled": false.',
    )
  }
  const { db } = platform
  const rows = await listReplayable(db, id, readSelection(request), MAX_REPLAYED + 1)
  if (rows.length === 0 && request.sequence !== undefined) {
    return errorResult(
      'delivery_not_found',
      `The webhook has no delivery of the event ${request.sequence}.`,
    )
  }
  const page = rows.slice(0, MAX_REPLAYED)
  const now = Date.now()
  const jobs = await readJobs(platform, page)
  // In parts, because a statement takes a parameter of up to 2 MB.
  const partSize = 50
  for (let from = 0; from < page.length; from += partSize) {
    const bodies = page.slice(from, from + partSize).map((row) => ({
      seq: row.seq,
      body: row.body ?? writeBody(toEvent(row), jobs.get(row.jobId)),
    }))
    await replayDeliveries(db, id, bodies, now)
  }
  if (page.length > 0) {
    await wakeEndpoints(platform, [{ id, wakeAt: now }])
  }
  const next = rows.length > MAX_REPLAYED ? rows.at(-1)!.seq : null
  return { ok: true as const, replayed: page.length, nextSequence: next }
}

function readSelection(request: ReplayDeliveries): ReplaySelection {
  const { sequence, from, to, failedSince } = request
  return failedSince === undefined
    ? { from: sequence ?? from!, to: sequence ?? to! }
    : { failedSince: Date.parse(failedSince) }
}

async function readJobs({ db }: Platform, rows: DeliveryRow[]) {
  const ids = new Set(rows.filter(({ body }) => body === null).map(({ jobId }) => jobId))
  const jobs = ids.size === 0 ? [] : await findShownJobs(db, [...ids])
  return new Map(jobs.map((job) => [job.id, job]))
}

function toEvent(row: DeliveryRow) {
  const { seq, type, queue, jobId, filePath, eventAt, eventError } = row
  return { seq, type, queue, jobId, filePath, createdAt: eventAt, error: eventError }
}

/** Sends a message of the type `webhook.test` now, and returns the answer. It is not in the log. */
export async function sendTest(platform: Platform, caller: Owner, id: string) {
  const found = await readEndpoint(platform, caller, id)
  if (!found.ok) {
    return found
  }
  const { row } = found
  if (row.forJobs) {
    return errorResult('invalid_request', 'The webhook has no URL of its own: jobs name the URLs.')
  }
  const now = Date.now()
  const secrets = await readSecrets(platform, row, now)
  if (secrets === null) {
    return errorResult(
      'not_configured',
      'The secret of the webhook cannot be read, because SIGNING_KEYS or API_KEY was replaced. Rotate it.',
    )
  }
  const data = { webhookId: id }
  const body = JSON.stringify({ type: 'webhook.test', timestamp: toIsoTime(now), data })
  const messageId = `test_${crypto.randomUUID().replaceAll('-', '')}`
  const headers = await signMessage(secrets, { id: messageId, body, now })
  const answer = await platform.webhooks.post({ url: row.url, headers, body })
  const result: TestResult = {
    delivered: answer.error === null,
    responseStatus: answer.status,
    durationMs: answer.durationMs,
    response: answer.response,
    error: answer.error,
  }
  return { ok: true as const, result }
}

function serializeDelivery(row: DeliveryRow, endpoint: WebhookRow): Delivery {
  return {
    sequence: row.seq,
    messageId: writeMessageId(row.seq),
    type: toWebhookType(row.type),
    jobId: row.jobId === '' ? null : row.jobId,
    url: row.url ?? endpoint.url,
    status: row.status,
    attempts: row.attempts,
    queuedAt: toIsoTime(row.queuedAt),
    lastAttemptAt: toIsoTime(row.lastAttemptAt),
    nextAttemptAt: toIsoTime(row.nextAttemptAt),
    responseStatus: row.responseStatus,
    durationMs: row.durationMs,
    response: row.response,
    error: row.error,
  }
}
