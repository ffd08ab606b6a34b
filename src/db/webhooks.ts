/** Statements on webhook endpoints, and on the URLs that jobs name. */
import { and, desc, eq, isNull, ne, or, sql } from 'drizzle-orm'
import type { Caller } from '../domain/caller.ts'
import { beginsWith } from './accessConditions.ts'
import { type Database, first, statement } from './database.ts'
import { isRequestedJob, type RequestedVariants } from './requestedVariants.ts'
import type { WebhookRow } from './rows.ts'
import { JOB_URLS, webhookEndpoints as endpoints } from './schema/index.ts'

export type Owner = Pick<Caller, 'keyId' | 'queue' | 'pathPrefix'>

/**
 * Condition: the caller can see the endpoint. A restricted caller sees those that only get events within
 * its restriction, and the origins of the URLs that its jobs name.
 */
function isVisible({ keyId, queue, pathPrefix }: Owner) {
  const isWithin =
    queue === null && pathPrefix === null
      ? undefined
      : or(
          and(eq(endpoints.forJobs, true), eq(endpoints.apiKeyId, keyId ?? '')),
          and(
            eq(endpoints.forJobs, false),
            queue === null ? undefined : eq(endpoints.queue, queue),
            pathPrefix === null ? undefined : beginsWith(endpoints.pathPrefix, pathPrefix),
          ),
        )
  return and(ne(endpoints.id, JOB_URLS), isNull(endpoints.deletedAt), isWithin)
}

const NEWEST_EVENT = sql`coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)`

export type NewEndpoint = Pick<
  WebhookRow,
  | 'id'
  | 'url'
  | 'queue'
  | 'pathPrefix'
  | 'types'
  | 'description'
  | 'apiKeyId'
  | 'secret'
  | 'createdAt'
>

/** Inserts an endpoint that gets the events from now on; undefined if there are `maximum` already. */
export async function insertEndpoint(
  db: Database,
  endpoint: NewEndpoint,
  maximum: number,
): Promise<WebhookRow | undefined> {
  await db.run(sql`
    INSERT INTO webhook_endpoints
      (id, url, queue, path_prefix, types, description, api_key_id, secret, created_at, cursor)
    SELECT ${endpoint.id}, ${endpoint.url}, ${endpoint.queue}, ${endpoint.pathPrefix},
      ${JSON.stringify(endpoint.types)}, ${endpoint.description}, ${endpoint.apiKeyId},
      ${endpoint.secret}, ${endpoint.createdAt}, ${NEWEST_EVENT}
    WHERE (SELECT count(*) FROM webhook_endpoints
      WHERE for_jobs = 0 AND deleted_at IS NULL AND id <> ${JOB_URLS}) < ${maximum}`)
  return db.select().from(endpoints).where(eq(endpoints.id, endpoint.id)).get()
}

/** All endpoints that the caller can see, newest first, at most `limit`. */
export function listEndpoints(db: Database, owner: Owner, limit: number): Promise<WebhookRow[]> {
  return db
    .select()
    .from(endpoints)
    .where(isVisible(owner))
    .orderBy(desc(endpoints.createdAt), desc(endpoints.id))
    .limit(limit)
}

export function findEndpoint(
  db: Database,
  id: string,
  owner: Owner,
): Promise<WebhookRow | undefined> {
  return db
    .select()
    .from(endpoints)
    .where(and(eq(endpoints.id, id), isVisible(owner)))
    .get()
}

export type EndpointChanges = Partial<
  Pick<
    WebhookRow,
    | 'url'
    | 'types'
    | 'description'
    | 'secret'
    | 'previousSecret'
    | 'previousSecretExpiresAt'
    | 'disabledAt'
    | 'disabledReason'
    | 'failures'
    | 'failingSince'
    | 'retryAt'
    | 'heldUntil'
    | 'wakeAt'
    | 'deletedAt'
  >
>

/** Changes an endpoint that the caller can see. Returns it, or undefined if there is none. */
export function updateEndpoint(
  db: Database,
  id: string,
  owner: Owner,
  changes: EndpointChanges,
): Promise<WebhookRow | undefined> {
  return db
    .update(endpoints)
    .set(changes)
    .where(and(eq(endpoints.id, id), isVisible(owner)))
    .returning()
    .then(first)
}

/** The receiver that a request for jobs names. */
export interface JobReceiver {
  endpointId: string
  url: string
  origin: string
  apiKeyId: string | null
  types: readonly string[]
}

/**
 * Statements that record a receiver for the active jobs of these variants, if each variant has one that the
 * caller can see. They follow the insertion of the jobs in its transaction. An endpoint that was disabled
 * is enabled again.
 */
export function recordReceiver(
  db: Database,
  { endpointId, url, origin, apiKeyId, types }: JobReceiver,
  jobs: RequestedVariants,
  now: number,
) {
  const ensureCursor = sql`
    INSERT INTO webhook_endpoints (id, url, types, created_at, cursor)
    VALUES (${JOB_URLS}, '', '[]', ${now}, ${NEWEST_EVENT})
    ON CONFLICT DO NOTHING`
  const ensureEndpoint = sql`
    INSERT INTO webhook_endpoints (id, url, for_jobs, types, api_key_id, created_at)
    VALUES (${endpointId}, ${origin}, 1, ${JSON.stringify(types)}, ${apiKeyId}, ${now})
    ON CONFLICT (id) DO UPDATE SET disabled_at = NULL, disabled_reason = NULL, deleted_at = NULL,
      failures = 0, failing_since = NULL, retry_at = NULL, held_until = NULL, wake_at = ${now}
    WHERE disabled_at IS NOT NULL OR deleted_at IS NOT NULL`
  const name = sql`
    WITH named AS (
      SELECT id FROM jobs WHERE ${isRequestedJob(jobs)})
    INSERT INTO job_webhooks (job_id, endpoint_id, url)
    SELECT id, ${endpointId}, ${url} FROM named
    WHERE (SELECT count(*) FROM named) = ${jobs.count} AND ${jobs.isAccepted}
    ON CONFLICT (job_id, endpoint_id) DO UPDATE SET url = excluded.url`
  return [ensureCursor, ensureEndpoint, name].map((text) => statement(db, text))
}
