/** Statements on the deliveries of webhooks: sending, the list, and replays. */
import { and, desc, eq, gte, lt, lte, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { first, statement } from './database.ts'
import type { DeliveryRow, WebhookRow } from './rows.ts'
import {
  apiKeys,
  webhookDeliveries as deliveries,
  webhookEndpoints as endpoints,
} from './schema/index.ts'

export interface ClaimedEndpoint {
  endpoint: WebhookRow
  /** Deliveries that are due, in the order in which they became due. */
  due: DeliveryRow[]
  /** The one that became due last. */
  newest: DeliveryRow | undefined
}

/**
 * Locks an endpoint until `lockedUntil`, and reads what is due. Returns undefined if another invocation
 * has locked it, if it is disabled or not to be tried yet, or if its API key cannot be used.
 */
export async function claimEndpoint(
  db: Database,
  id: string,
  { now, lockedUntil, limit }: { now: number; lockedUntil: number; limit: number },
): Promise<ClaimedEndpoint | undefined> {
  const isDue = and(eq(deliveries.endpointId, id), lte(deliveries.nextAttemptAt, now))
  const claim = db
    .update(endpoints)
    .set({ lockedUntil })
    .where(
      and(
        eq(endpoints.id, id),
        lte(endpoints.lockedUntil, now),
        sql`disabled_at IS NULL AND deleted_at IS NULL AND coalesce(retry_at, 0) <= ${now}`,
        sql`NOT EXISTS (SELECT 1 FROM ${apiKeys} WHERE ${apiKeys.id} = ${endpoints.apiKeyId}
          AND (${apiKeys.disabled} OR ${apiKeys.expiresAt} <= ${now}))`,
      ),
    )
    .returning()
  const [claimed, due, newest] = await db.batch([
    claim,
    db
      .select()
      .from(deliveries)
      .where(isDue)
      .orderBy(deliveries.nextAttemptAt, deliveries.seq)
      .limit(limit),
    db
      .select()
      .from(deliveries)
      .where(isDue)
      .orderBy(desc(deliveries.nextAttemptAt), desc(deliveries.seq))
      .limit(1),
  ])
  const endpoint = first(claimed)
  return endpoint && { endpoint, due, newest: first(newest) }
}

/** The outcome of one attempt. */
export interface AttemptResult {
  seq: number
  /** As in the row: a delivery that was replayed meanwhile is left as it is. */
  queuedAt: number
  at: number
  isDelivered: boolean
  /** When it is tried again; null if it has ended. */
  nextAttemptAt: number | null
  responseStatus: number | null
  durationMs: number
  response: string | null
  error: string | null
}

export type EndpointState = Pick<
  WebhookRow,
  'failures' | 'failingSince' | 'retryAt' | 'heldUntil' | 'disabledAt' | 'disabledReason'
>

/**
 * Records attempts and the state of the endpoint, and unlocks it. Returns when there is something to send
 * (ms since the epoch); null if nothing waits, or the endpoint was disabled or deleted meanwhile.
 */
export async function recordAttempts(
  db: Database,
  { id, lockedUntil }: Pick<WebhookRow, 'id' | 'lockedUntil'>,
  results: readonly AttemptResult[],
  state: EndpointState,
): Promise<number | null> {
  const record = statement(
    db,
    sql`
    UPDATE webhook_deliveries SET attempts = attempts + 1,
      status = CASE WHEN result.value ->> 'isDelivered' THEN 'delivered'
        WHEN result.value ->> 'nextAttemptAt' IS NULL THEN 'failed' ELSE 'pending' END,
      body = iif(result.value ->> 'isDelivered', NULL, body),
      last_attempt_at = result.value ->> 'at',
      next_attempt_at = result.value ->> 'nextAttemptAt',
      response_status = result.value ->> 'responseStatus',
      duration_ms = result.value ->> 'durationMs',
      response = result.value ->> 'response',
      error = result.value ->> 'error'
    FROM json_each(${JSON.stringify(results)}) AS result
    WHERE endpoint_id = ${id} AND webhook_deliveries.seq = result.value ->> 'seq'
      AND queued_at = result.value ->> 'queuedAt' AND next_attempt_at IS NOT NULL`,
  )
  const delivered = results.filter(({ isDelivered }) => isDelivered).length
  const isWaiting = sql`endpoint_id = ${id} AND next_attempt_at IS NOT NULL`
  // An endpoint that was enabled again meanwhile is not disabled by what was sent before.
  const release = statement(
    db,
    sql`
    UPDATE webhook_endpoints SET locked_until = 0,
      failures = ${state.failures}, failing_since = ${state.failingSince},
      retry_at = ${state.retryAt}, held_until = ${state.heldUntil},
      disabled_at = coalesce(disabled_at, ${state.disabledAt}),
      disabled_reason = coalesce(disabled_reason, ${state.disabledReason}),
      delivered = delivered + ${delivered},
      failed_attempts = failed_attempts + ${results.length - delivered},
      wake_at = (SELECT max(min(next_attempt_at), ${state.retryAt ?? 0})
        FROM webhook_deliveries WHERE ${isWaiting})
    WHERE id = ${id} AND locked_until = ${lockedUntil}
    RETURNING iif(disabled_at IS NULL AND deleted_at IS NULL, wake_at, NULL) AS wakeAt`,
  )
  const [, released] = await db.batch([record, release])
  return (released.results as unknown as { wakeAt: number | null }[])[0]?.wakeAt ?? null
}

export interface DeliveryPage {
  status: DeliveryRow['status'] | undefined
  /** Only events before this sequence number. */
  before: number | undefined
  limit: number
}

/** The deliveries of an endpoint, newest event first. Those of a status other than failed are searched. */
export function listDeliveryRows(
  db: Database,
  endpointId: string,
  { status, before, limit }: DeliveryPage,
): Promise<DeliveryRow[]> {
  return db
    .select()
    .from(deliveries)
    .where(
      and(
        eq(deliveries.endpointId, endpointId),
        before === undefined ? undefined : lt(deliveries.seq, before),
        // Written out, so that the partial indexes can be used.
        status === undefined ? undefined : sql`status = ${sql.raw(`'${status}'`)}`,
        status === 'pending' ? sql`next_attempt_at IS NOT NULL` : undefined,
      ),
    )
    .orderBy(desc(deliveries.seq))
    .limit(limit)
}

/** Deliveries to replay: those of a range of events, or those that failed since a time. */
export type ReplaySelection = { from: number; to: number } | { failedSince: number }

/** Returns up to `limit` deliveries of the selection, oldest event first. */
export function listReplayable(
  db: Database,
  endpointId: string,
  selection: ReplaySelection,
  limit: number,
): Promise<DeliveryRow[]> {
  const isSelected =
    'from' in selection
      ? and(gte(deliveries.seq, selection.from), lte(deliveries.seq, selection.to))
      : and(sql`status = 'failed'`, gte(deliveries.lastAttemptAt, selection.failedSince))
  return db
    .select()
    .from(deliveries)
    .where(and(eq(deliveries.endpointId, endpointId), isSelected))
    .orderBy(deliveries.seq)
    .limit(limit)
}

/** Makes deliveries pending again, with these bodies. Wakes the endpoint unless it fails. */
export async function replayDeliveries(
  db: Database,
  endpointId: string,
  bodies: readonly { seq: number; body: string }[],
  now: number,
): Promise<void> {
  const replay = statement(
    db,
    sql`
    UPDATE webhook_deliveries SET status = 'pending', body = replay.value ->> 'body', attempts = 0,
      queued_at = ${now}, next_attempt_at = ${now}
    FROM json_each(${JSON.stringify(bodies)}) AS replay
    WHERE endpoint_id = ${endpointId} AND seq = replay.value ->> 'seq'`,
  )
  const wake = db
    .update(endpoints)
    .set({ wakeAt: sql`iif(failures = 0, ${now}, retry_at)` })
    .where(eq(endpoints.id, endpointId))
  await db.batch([replay, wake])
}
