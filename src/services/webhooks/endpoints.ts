/** Webhook endpoints: creates, lists, changes and deletes them, and rotates their secrets. */
import { shorten } from '../../contract/quote.ts'
import {
  type ChangeWebhook,
  type CreateWebhook,
  toWebhookType,
  type Webhook,
} from '../../contract/webhook.ts'
import { findQueue } from '../../db/queues.ts'
import type { WebhookRow } from '../../db/rows.ts'
import {
  type EndpointChanges,
  findEndpoint,
  insertEndpoint,
  listEndpoints,
  type Owner,
  updateEndpoint,
} from '../../db/webhooks.ts'
import { canSeePath, canSeeQueue, isRestricted } from '../../domain/caller.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import { createWebhookSecret } from '../../domain/webhookSignature.ts'
import { folderError } from '../apiKeys/accessErrors.ts'
import type { Platform } from '../ports.ts'
import { toIsoTime } from '../serializers.ts'
import { wakeEndpoints } from './dispatch.ts'
import { sealSecret } from './secrets.ts'

/** Maximum number of endpoints. Each event is compared with all of them. */
const MAX_ENDPOINTS = 100
/** Includes the origins of job URLs. */
const MAX_LISTED = 500
/** Time after a rotation in which the previous secret signs too. */
const ROTATION_MS = 24 * 3_600_000

type Found = { ok: true; row: WebhookRow } | ErrorResult<'webhook_not_found'>

export function webhookNotFound(id: string) {
  return errorResult('webhook_not_found', `There is no webhook ${shorten(id)}.`)
}

/** Returns an error if nothing may be sent to a URL; null if it may. */
export async function findUrlError({ webhooks }: Pick<Platform, 'webhooks'>, url: string) {
  const problem = URL.canParse(url)
    ? await webhooks
        .findProblem(url)
        .catch(() => 'Its name could not be resolved. Try again later.')
    : 'It cannot be parsed.'
  return (
    problem &&
    errorResult(
      'invalid_request',
      `The URL ${shorten(url)} cannot receive webhooks: ${problem} For development, the setting WEBHOOK_PRIVATE_ADDRESSES="allow" allows any address.`,
    )
  )
}

/** Creates an endpoint that gets the events from now on. Its secret is shown only here. */
export async function createEndpoint(
  platform: Platform,
  caller: Owner,
  request: CreateWebhook,
): Promise<
  | { ok: true; row: WebhookRow; secret: string }
  | ErrorResult<'forbidden' | 'invalid_request' | 'queue_not_found' | 'not_configured'>
> {
  const { url, description } = request
  const queue = request.queue ?? caller.queue
  const pathPrefix = request.pathPrefix ?? caller.pathPrefix
  if (queue !== null && !canSeeQueue(caller, queue)) {
    return errorResult('forbidden', `This key is restricted to the queue "${caller.queue}".`)
  }
  if (pathPrefix !== null && !canSeePath(caller, pathPrefix)) {
    return folderError(caller)
  }
  if (queue !== null && !(await findQueue(platform.db, queue))) {
    return errorResult('queue_not_found', `There is no queue "${queue}".`)
  }
  const urlError = await findUrlError(platform, url)
  if (urlError) {
    return urlError
  }
  const secret = createWebhookSecret()
  const sealed = await sealSecret(platform, secret)
  if (!sealed.ok) {
    return sealed
  }
  const row = await insertEndpoint(
    platform.db,
    {
      id: `wh_${crypto.randomUUID().replaceAll('-', '')}`,
      url,
      queue,
      pathPrefix,
      types: toEventTypes(request.types),
      description,
      apiKeyId: isRestricted(caller) ? caller.keyId : null,
      secret: sealed.sealed,
      createdAt: Date.now(),
    },
    MAX_ENDPOINTS,
  )
  if (!row) {
    return errorResult(
      'invalid_request',
      `There are ${MAX_ENDPOINTS} webhooks, which is the maximum. Delete one first.`,
    )
  }
  platform.defer(platform.hubs.useWebhooks())
  return { ok: true, row, secret }
}

/** Turns `job.completed` into the type of the event log. */
export function toEventTypes(types: readonly string[]): string[] {
  return [...new Set(types)].map((type) => type.replace('.', ':'))
}

export function readEndpoints({ db }: Platform, caller: Owner): Promise<WebhookRow[]> {
  return listEndpoints(db, caller, MAX_LISTED)
}

export async function readEndpoint({ db }: Platform, caller: Owner, id: string): Promise<Found> {
  const row = await findEndpoint(db, id, caller)
  return row ? { ok: true, row } : webhookNotFound(id)
}

/** Changes an endpoint. One that is enabled, or has another URL, is tried at once. */
export async function changeEndpoint(
  platform: Platform,
  caller: Owner,
  id: string,
  { url, types, description, disabled }: ChangeWebhook,
): Promise<Found | ErrorResult<'invalid_request'>> {
  const found = await readEndpoint(platform, caller, id)
  if (!found.ok) {
    return found
  }
  if (found.row.forJobs && (url !== undefined || types !== undefined)) {
    return errorResult(
      'invalid_request',
      'This webhook belongs to jobs that name a webhookUrl: only disabled and description can be changed.',
    )
  }
  const urlError = url === undefined ? null : await findUrlError(platform, url)
  if (urlError) {
    return urlError
  }
  const now = Date.now()
  const isFresh = disabled === false || url !== undefined
  const changes: EndpointChanges = {
    ...(url !== undefined && { url }),
    ...(types !== undefined && { types: toEventTypes(types) }),
    ...(description !== undefined && { description }),
    ...(disabled === true &&
      found.row.disabledAt === null && { disabledAt: now, disabledReason: 'requested' }),
    ...(disabled === false && { disabledAt: null, disabledReason: null }),
    ...(isFresh && {
      failures: 0,
      failingSince: null,
      retryAt: null,
      heldUntil: null,
      wakeAt: now,
    }),
  }
  if (Object.keys(changes).length === 0) {
    return found
  }
  const row = await updateEndpoint(platform.db, id, caller, changes)
  if (row && isFresh) {
    // Events that it was not handed, and deliveries that waited.
    platform.defer(platform.hubs.useWebhooks())
    platform.defer(wakeEndpoints(platform, [{ id, wakeAt: now }]))
  }
  return row ? { ok: true, row } : webhookNotFound(id)
}

/** Deletes an endpoint. What is being sent may still arrive. */
export async function deleteEndpoint({ db }: Platform, caller: Owner, id: string) {
  const changes = { deletedAt: Date.now(), secret: '', previousSecret: null }
  const row = await updateEndpoint(db, id, caller, changes)
  return row ? { ok: true as const } : webhookNotFound(id)
}

/** Gives an endpoint a new secret. For a while, messages are signed with the previous one too. */
export async function rotateSecret(platform: Platform, caller: Owner, id: string) {
  const found = await readEndpoint(platform, caller, id)
  if (!found.ok) {
    return found
  }
  if (found.row.forJobs) {
    return errorResult(
      'invalid_request',
      'The secret of job URLs follows SIGNING_KEYS. GET /webhooks/job-secret returns it.',
    )
  }
  const secret = createWebhookSecret()
  const sealed = await sealSecret(platform, secret)
  if (!sealed.ok) {
    return sealed
  }
  const row = await updateEndpoint(platform.db, id, caller, {
    secret: sealed.sealed,
    previousSecret: found.row.secret,
    previousSecretExpiresAt: Date.now() + ROTATION_MS,
  })
  return row ? { ok: true as const, row, secret } : webhookNotFound(id)
}

/** Names every field, instead of spreading the row, so that the secret is never returned. */
export function serializeWebhook(row: WebhookRow): Webhook {
  const { lostFrom, lostTo } = row
  return {
    id: row.id,
    url: row.url,
    forJobs: row.forJobs,
    queue: row.queue,
    pathPrefix: row.pathPrefix,
    types: row.types.map(toWebhookType),
    description: row.description,
    createdAt: toIsoTime(row.createdAt),
    disabled: row.disabledAt !== null,
    disabledReason: row.disabledReason,
    disabledAt: toIsoTime(row.disabledAt),
    failingSince: toIsoTime(row.failingSince),
    retryAt: toIsoTime(row.retryAt),
    previousSecretExpiresAt: toIsoTime(row.previousSecretExpiresAt),
    delivered: row.delivered,
    failedAttempts: row.failedAttempts,
    lostEvents: lostFrom === null || lostTo === null ? null : { from: lostFrom, to: lostTo },
  }
}
