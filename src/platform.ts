/** The composition root: the environment becomes the ports that the use cases work with. */
import { openDatabase } from './db/database.ts'
import { type Env, readSlots } from './env.ts'
import type { Platform } from './jobs/platform.ts'
import { sendTickets } from './queue/tickets.ts'
import { createSlots, NO_SLOTS } from './runners/slots.ts'

/** `waitUntil` keeps the invocation alive for deferred work. */
export function createPlatform(env: Env, waitUntil: (work: Promise<unknown>) => void): Platform {
  const slots = readSlots(env)
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
    slots: slots.count === 0 ? NO_SLOTS : createSlots(env.SLOTS, slots),
    defer: (work) =>
      waitUntil(
        work.catch((error: unknown) =>
          console.error(JSON.stringify({ event: 'deferred_failed', error: String(error) })),
        ),
      ),
  }
}
