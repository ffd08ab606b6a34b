/** Webhooks and their deliveries: `client.webhooks`. */
import type { Http } from '../http.ts'
import type { CallOptions } from '../options.ts'
import type { ChangeWebhook, CreateWebhook, Query, ReplayDeliveries, Webhook } from '../types.ts'

export function createWebhookMethods({ request }: Http) {
  const replay = (
    webhookId: string,
    body: ReplayDeliveries,
    { signal }: CallOptions = {},
  ): Promise<{ replayed: number; nextSequence: number | null }> =>
    request('post', '/webhooks/{webhookId}/replay', { path: { webhookId }, body, signal })
  return {
    list: async ({ signal }: CallOptions = {}): Promise<Webhook[]> =>
      (await request('get', '/webhooks', { signal })).webhooks,
    get: (webhookId: string, { signal }: CallOptions = {}) =>
      request('get', '/webhooks/{webhookId}', { path: { webhookId }, signal }),
    /** Only this response has the secret of the signatures, in `secret`. */
    create: (body: CreateWebhook, { signal }: CallOptions = {}) =>
      request('post', '/webhooks', { body, signal }),
    /** Changes a webhook, for example `{ disabled: false }`, which sends what it missed. */
    change: (webhookId: string, body: ChangeWebhook, { signal }: CallOptions = {}) =>
      request('patch', '/webhooks/{webhookId}', { path: { webhookId }, body, signal }),
    /** Deletes a webhook and its log of deliveries. */
    delete: (webhookId: string, { signal }: CallOptions = {}) =>
      request('delete', '/webhooks/{webhookId}', { path: { webhookId }, signal }),
    /** Returns the webhook with a new `secret`. For a day, messages have both signatures. */
    rotateSecret: (webhookId: string, { signal }: CallOptions = {}) =>
      request('post', '/webhooks/{webhookId}/rotate-secret', { path: { webhookId }, signal }),
    /** Sends a message of the type `webhook.test` now, and returns what the receiver answered. */
    test: (webhookId: string, { signal }: CallOptions = {}) =>
      request('post', '/webhooks/{webhookId}/test', { path: { webhookId }, signal }),
    /** A page of deliveries, newest event first. `nextBefore` is `before` of the next page. */
    deliveries: (
      webhookId: string,
      query: Query<'/webhooks/{webhookId}/deliveries'> = {},
      { signal }: CallOptions = {},
    ) => request('get', '/webhooks/{webhookId}/deliveries', { path: { webhookId }, query, signal }),
    /** Sends deliveries again: one, a range, or all that failed since a time; up to 1,000. */
    replay,
    /** As `replay`, until none is left. Returns their number. */
    async replayAll(
      webhookId: string,
      body: ReplayDeliveries,
      call: CallOptions = {},
    ): Promise<number> {
      let total = 0
      for (let next: ReplayDeliveries | null = body; next !== null;) {
        const { replayed, nextSequence } = await replay(webhookId, next, call)
        total += replayed
        // Those that are sent again have not failed any more.
        const rest = body.to === undefined ? body : { from: nextSequence!, to: body.to }
        next = nextSequence === null ? null : rest
      }
      return total
    },
    /** The secrets of what is sent to the `webhookUrl` of the jobs of this API key. */
    jobSecrets: async ({ signal }: CallOptions = {}) =>
      (await request('get', '/webhooks/job-secret', { signal })).secrets,
  }
}
