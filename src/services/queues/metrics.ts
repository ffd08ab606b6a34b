/** The values of the metrics. They come from counters that triggers maintain. */
import { FAILURE_CODES } from '../../contract/failureCode.ts'
import { JOB_STATUSES } from '../../contract/jobStatus.ts'
import type { Sample, Samples } from '../../contract/metrics.ts'
import { STAGES } from '../../contract/runnerProtocol.ts'
import { MAX_DATABASE_BYTES } from '../../db/databaseSize.ts'
import { type QueueMetrics, readQueueMetrics, type WebhookMetrics } from '../../db/metrics.ts'
import type { Restriction } from '../../domain/caller.ts'
import { ALL_QUEUES, type Hubs, type Platform } from '../ports.ts'

/**
 * Returns the metrics of the queues that the caller can see, and of their webhooks. A key that is
 * restricted to a queue gets nothing about the storage and the database.
 *
 * @param options `countsStreams` asks the hub of each queue, which wakes those that hibernate
 */
export async function readMetrics(
  { db, hubs }: Platform,
  { queue }: Restriction,
  { countsStreams = false } = {},
): Promise<Samples> {
  const { queues, webhooks, storage, databaseBytes } = await readQueueMetrics(db, queue)
  const now = Date.now()
  const each = (read: (row: QueueMetrics) => number): Sample[] =>
    queues.map((row) => ({ labels: { queue: row.name }, value: read(row) }))
  /** A sample for each queue and each value of another label. */
  const eachOf = <Value extends string>(
    label: string,
    values: readonly Value[],
    read: (row: QueueMetrics, value: Value) => number,
  ): Sample[] =>
    queues.flatMap((row) =>
      values.map((value) => ({
        labels: { queue: row.name, [label]: value },
        value: read(row, value),
      })),
    )
  const total = (key: string) => (row: QueueMetrics) => row.totals[key] ?? 0
  const seconds = (key: string) => (row: QueueMetrics) => total(key)(row) / 1000
  const ended = { completed: 'completed', error: 'failed', cancelled: 'cancelled' } as const
  return {
    reelqueue_jobs: eachOf('status', JOB_STATUSES, (row, status) => row[status]),
    reelqueue_chunks: eachOf('status', ['pending', 'running'] as const, (row, status) =>
      status === 'pending' ? row.pendingChunks : row.runningChunks,
    ),
    reelqueue_active_runners: each((row) => row.running - row.split + row.runningChunks),
    reelqueue_oldest_pending_job_age_seconds: each(({ oldestPendingAt }) =>
      oldestPendingAt === null ? 0 : Math.max(0, now - oldestPendingAt) / 1000,
    ),
    reelqueue_claims_total: each(total('claims')),
    reelqueue_jobs_ended_total: eachOf(
      'status',
      ['completed', 'error', 'cancelled'] as const,
      (row, status) => total(ended[status])(row),
    ),
    reelqueue_attempt_failures_total: eachOf('code', FAILURE_CODES, (row, code) =>
      total(`failure:${code}`)(row),
    ),
    reelqueue_media_seconds_total: each(seconds('media_ms')),
    reelqueue_processing_seconds_total: each(seconds('processing_ms')),
    reelqueue_stage_seconds_total: eachOf('stage', STAGES, (row, stage) =>
      seconds(`stage:${stage}`)(row),
    ),
    ...(countsStreams && { reelqueue_event_streams: await countStreams(hubs, queue, queues) }),
    ...sampleWebhooks(webhooks, now),
    ...(queue === null && {
      reelqueue_stored_files: sampleKinds(storage.originals, storage.variants),
      reelqueue_stored_bytes: sampleKinds(storage.originalBytes, storage.variantBytes),
      reelqueue_database_size_bytes: [{ labels: {}, value: databaseBytes }],
      reelqueue_database_limit_bytes: [{ labels: {}, value: MAX_DATABASE_BYTES }],
    }),
  }
}

/** A hub that does not answer has no sample. */
async function countStreams(
  hubs: Hubs,
  only: string | null,
  queues: readonly QueueMetrics[],
): Promise<Sample[]> {
  const names = [...(only === null ? [ALL_QUEUES] : []), ...queues.map(({ name }) => name)]
  const counts = await Promise.allSettled(names.map((name) => hubs.countStreams(name)))
  return counts.flatMap((count, index) =>
    count.status === 'fulfilled' ? [{ labels: { queue: names[index]! }, value: count.value }] : [],
  )
}

function sampleKinds(original: number, variant: number): Sample[] {
  return [
    { labels: { kind: 'original' }, value: original },
    { labels: { kind: 'variant' }, value: variant },
  ]
}

function sampleWebhooks(webhooks: readonly WebhookMetrics[], now: number): Samples {
  const each = (read: (row: WebhookMetrics) => number): Sample[] =>
    webhooks.map((row) => ({ labels: { webhook: row.id }, value: read(row) }))
  return {
    reelqueue_webhook_attempts_total: webhooks.flatMap(({ id, delivered, failedAttempts }) => [
      { labels: { webhook: id, result: 'delivered' }, value: delivered },
      { labels: { webhook: id, result: 'failed' }, value: failedAttempts },
    ]),
    reelqueue_webhook_failing_seconds: each(({ failingSince }) =>
      failingSince === null ? 0 : Math.max(0, now - failingSince) / 1000,
    ),
    reelqueue_webhook_disabled: each(({ disabledAt }) => Number(disabledAt !== null)),
  }
}
