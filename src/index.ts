/** The Worker's entry: what Cloudflare calls, and nothing of what happens then. */
import { app } from './app.ts'
import { listQueues } from './db/queues.ts'
import { runCleaner } from './services/maintenance/cleaner.ts'
import { createPlatform } from './platform/platform.ts'
import { consumeTickets, logDeadTickets } from './platform/tickets.ts'

export { QueueHub } from './events/QueueHub.ts'
export { RunnerGateway } from './runners/RunnerGateway.ts'
export { RunnerSlot } from './runners/RunnerSlot.ts'

export default {
  fetch: app.fetch,
  async queue(batch, env, ctx) {
    if (batch.queue.endsWith('-dead')) {
      return logDeadTickets(batch)
    }
    await consumeTickets(batch, createPlatform(env, ctx.waitUntil.bind(ctx)))
  },
  /** The second net under the hubs' own alarms, and the removal of what is old. */
  async scheduled(_controller, env, ctx) {
    const platform = createPlatform(env, ctx.waitUntil.bind(ctx))
    // Beside each other: one that fails is logged, and keeps no other from its round.
    for (const { name } of await listQueues(platform.db)) {
      platform.defer(platform.hubs.watch(name))
    }
    platform.defer(runCleaner(platform, platform.settings.retention))
  },
} satisfies ExportedHandler<Env>
