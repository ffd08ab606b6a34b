/** The composition root: the environment becomes the ports that the use cases work with. */
import { openDatabase } from './db/database.ts'
import type { Env } from './env.ts'
import type { Platform } from './jobs/platform.ts'
import { sendTickets } from './queue/tickets.ts'

/** `waitUntil` keeps the invocation alive for deferred work. */
export function createPlatform(env: Env, waitUntil: (work: Promise<unknown>) => void): Platform {
  return {
    db: openDatabase(env.DB),
    originals: env.ORIGINALS,
    variants: env.VARIANTS,
    sendTickets: (queue, count) => sendTickets(env.TICKETS, queue, count),
    hubs: {
      poke: (queue, deadline) => env.HUBS.getByName(queue).poke(deadline),
      progress: (queue, filePath, progress) =>
        env.HUBS.getByName(queue).progress(filePath, progress),
      wake: (queue, count) => env.HUBS.getByName(queue).wake(count),
    },
    defer: (work) =>
      waitUntil(
        work.catch((error: unknown) =>
          console.error(JSON.stringify({ event: 'deferred_failed', error: String(error) })),
        ),
      ),
  }
}
