/** Entry points of the Worker: HTTP requests, queue messages and the cron trigger. */
import { app } from './app.ts'
import { listQueues } from './db/queues.ts'
import { serveOpeninary } from './http/openinary.ts'
import { describeError, logError } from './log.ts'
import { consumeBucketEvents, recordDeadBucketEvents } from './platform/bucketEventQueue.ts'
import { runCleaner } from './services/maintenance/cleaner.ts'
import { runWatchdogWithoutHub } from './services/maintenance/watchdog.ts'
import { consumeImportWakeUps } from './platform/importQueue.ts'
import { createPlatform, type WorkerPlatform } from './platform/platform.ts'
import { consumeTickets, logDeadTickets } from './platform/tickets.ts'
import { consumeWakeUps } from './platform/webhookQueue.ts'
import { wakeDueExports } from './services/exports/wakeExports.ts'
import { wakeDueImports } from './services/imports/wakeDueImports.ts'
import { repeatWakeUps } from './services/webhooks/dispatch.ts'

export { QueueHub } from './events/QueueHub.ts'
export { StreamLimiter } from './events/StreamLimiter.ts'
export { RunnerGateway } from './runners/RunnerGateway.ts'
export { RunnerSlot } from './runners/RunnerSlot.ts'

export default {
  fetch: serveOpeninary(app.fetch),
  async queue(batch, env, ctx) {
    const platform = createPlatform(env, ctx.waitUntil.bind(ctx))
    if (batch.queue.endsWith('-bucket-events')) {
      return consumeBucketEvents(batch, platform)
    }
    if (batch.queue.endsWith('-bucket-events-dead')) {
      return recordDeadBucketEvents(batch, platform)
    }
    if (batch.queue.endsWith('-dead')) {
      return logDeadTickets(batch)
    }
    if (batch.queue.endsWith('-imports')) {
      return consumeImportWakeUps(batch, platform)
    }
    await (batch.queue.endsWith('-webhooks')
      ? consumeWakeUps(batch, platform)
      : consumeTickets(batch, platform))
  },
  /**
   * Runs the cleaner. Also runs the watchdog of each queue, delivers events to the streams that
   * follow all queues, sends webhooks and goes on with imports and exports, in case an alarm or a message was lost.
   */
  async scheduled(_controller, env, ctx) {
    const platform = createPlatform(env, ctx.waitUntil.bind(ctx))
    // Deferred, so that they run in parallel and a failure of one does not stop the others.
    for (const { name } of await listQueues(platform.db)) {
      platform.defer(watch(platform, name))
    }
    platform.defer(platform.hubs.deliverInHubOfAllQueues())
    platform.defer(wakeWebhooks(platform))
    platform.defer(wakeDueImports(platform))
    platform.defer(wakeDueExports(platform))
    platform.defer(clean(platform))
  },
} satisfies ExportedHandler<Env>

/** Runs the watchdog of a queue: in its hub, or here if that fails or takes too long. */
async function watch(platform: WorkerPlatform, queue: string): Promise<void> {
  try {
    await platform.hubs.runWatchdog(queue)
  } catch (error) {
    logError('hub_unreachable', { queue, error: describeError(error) })
    await runWatchdogWithoutHub(platform, queue)
  }
}

/** Makes up for lost wake-ups of webhooks, and for a hub that does not know that there are endpoints. */
async function wakeWebhooks(platform: WorkerPlatform): Promise<void> {
  if (await repeatWakeUps(platform)) {
    await platform.hubs.useWebhooks()
  }
}

/** Async, so that an invalid retention setting rejects the promise and stops nothing else. */
async function clean(platform: WorkerPlatform): Promise<void> {
  await runCleaner(platform, platform.settings.retention)
}
