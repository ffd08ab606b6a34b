/** Consumes the notifications that R2 sends about the bucket of the originals. */
import type { BucketEventOutcome } from '../contract/rule.ts'
import { addBucketEvents, listEnabledRules } from '../db/rules.ts'
import { describeError, logError } from '../log.ts'
import { handleBucketEvent } from '../services/rules/bucketEvents.ts'
import type { WorkerPlatform } from './platform.ts'

const FIRST_RETRY_SECONDS = 30
const MAX_RETRY_SECONDS = 3_600

/**
 * Handles each message of a batch on its own. One that fails is tried again after a time that doubles,
 * and is given up after the `max_retries` of wrangler.toml.
 */
export async function consumeBucketEvents(
  batch: MessageBatch,
  platform: WorkerPlatform,
): Promise<void> {
  let rules: ReturnType<typeof listEnabledRules> | undefined
  const readRules = () => (rules ??= listEnabledRules(platform.db))
  const outcomes = await Promise.all(
    batch.messages.map(async (message) => {
      try {
        const { originalsBucket } = platform.settings
        const outcome = await handleBucketEvent(platform, message.body, originalsBucket, readRules)
        message.ack()
        return outcome
      } catch (error) {
        const { id, attempts } = message
        logError('bucket_event_failed', { message: id, attempts, error: describeError(error) })
        message.retry({
          delaySeconds: Math.min(FIRST_RETRY_SECONDS * 2 ** (attempts - 1), MAX_RETRY_SECONDS),
        })
        return 'failed'
      }
    }),
  )
  await countOutcomes(platform, outcomes)
}

/** Logs and counts the messages of the dead letter queue. The files stay, and no jobs are made. */
export async function recordDeadBucketEvents(
  batch: MessageBatch,
  platform: WorkerPlatform,
): Promise<void> {
  for (const { id, body } of batch.messages) {
    logError('bucket_event_dead', { message: id, body })
  }
  batch.ackAll()
  await countOutcomes(
    platform,
    batch.messages.map(() => 'dead'),
  )
}

async function countOutcomes(
  { db }: WorkerPlatform,
  outcomes: BucketEventOutcome[],
): Promise<void> {
  const counts = new Map<BucketEventOutcome, number>()
  for (const outcome of outcomes) {
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  }
  // The messages are handled: a failed count must not have them delivered again.
  await addBucketEvents(db, counts, Date.now()).catch((error: unknown) =>
    logError('bucket_events_not_counted', { error: describeError(error) }),
  )
}
