/** Rules, and batches of notifications in the form that R2 documents. */
import {
  createExecutionContext,
  createMessageBatch,
  getQueueResult,
  waitOnExecutionContext,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach } from 'vitest'
import type { Rule } from '../../../src/contract/rule.ts'
import worker from '../../../src/index.ts'
import { api, expectJson } from '../helpers/requests.ts'

export function emptyTables(): void {
  beforeEach(async () => {
    for (const table of ['rules', 'bucket_event_counts', 'jobs', 'idempotency_keys']) {
      await env.DB.exec(`DELETE FROM ${table}`)
    }
  })
}

export async function addRule(fields: Record<string, unknown> = {}): Promise<Rule> {
  return expectJson(await api('POST', '/rules', { name: 'a rule', ...fields }), 201)
}

export async function readRule(id: string): Promise<Rule> {
  return expectJson(await api('GET', `/rules/${id}`), 200)
}

/** The number of notifications by outcome. */
export async function readCounts(): Promise<Record<string, number>> {
  const { events } = await expectJson<{ events: { outcome: string; count: number }[] }>(
    await api('GET', '/rules'),
    200,
  )
  return Object.fromEntries(events.map(({ outcome, count }) => [outcome, count]))
}

/** A notification that an object was stored. */
export function stored(object: R2Object, more: Record<string, unknown> = {}) {
  return {
    account: '3f4b7e3dcab231cbfdaa90a6a28bd548',
    action: 'PutObject',
    bucket: 'reelqueue-originals',
    object: { key: object.key, size: object.size, eTag: object.etag },
    eventTime: object.uploaded.toISOString(),
    ...more,
  }
}

/** A notification that an object was deleted. */
export function deleted(key: string, action = 'DeleteObject') {
  return {
    account: '3f4b7e3dcab231cbfdaa90a6a28bd548',
    action,
    bucket: 'reelqueue-originals',
    object: { key },
    eventTime: '2026-11-27T12:00:00.000Z',
  }
}

/** Passes a batch to the Worker; returns which messages were acknowledged and which are retried. */
export async function consume(
  bodies: unknown[],
  { queue = 'reelqueue-bucket-events', attempts = 1 } = {},
) {
  const messages = bodies.map((body, n) => ({ id: `m${n}`, timestamp: 1_000, attempts, body }))
  const batch = createMessageBatch(queue, messages)
  const context = createExecutionContext()
  await worker.queue(batch, env, context)
  const result = await getQueueResult(batch, context)
  await waitOnExecutionContext(context)
  return result
}

/** The seconds after which a message that fails is tried again, by the number of its attempts. */
export async function retryDelays(body: unknown, attempts: number[]): Promise<unknown[]> {
  const delays: unknown[] = []
  const messages = attempts.map((count) => ({
    id: 'm',
    timestamp: new Date(),
    body,
    attempts: count,
    ack: () => delays.push(null),
    retry: (options?: { delaySeconds?: number }) => delays.push(options?.delaySeconds),
  }))
  const batch = { queue: 'reelqueue-bucket-events', messages } as unknown as MessageBatch
  const context = createExecutionContext()
  await worker.queue(batch, env, context)
  await waitOnExecutionContext(context)
  return delays.toSorted((one, other) => Number(one) - Number(other))
}

/** The jobs of a file, oldest first. */
export async function jobsOf(filePath: string) {
  const { results } = await env.DB.prepare(
    `SELECT id, transformation, queue, priority, tags, status, source_etag, api_key_id
     FROM jobs WHERE file_path = ? ORDER BY seq`,
  )
    .bind(filePath)
    .all<Record<string, unknown>>()
  return results
}
