/** Types and lists of the webhook routes. */
import { client } from '../api.ts'

export async function listWebhooks() {
  return (await client.request('get', '/webhooks')).webhooks
}
export type Webhook = Awaited<ReturnType<typeof listWebhooks>>[number]

export function listDeliveries(webhookId: string, before: number | null) {
  return client.request('get', '/webhooks/{webhookId}/deliveries', {
    path: { webhookId },
    query: before === null ? {} : { before },
  })
}
