/** Starts the container slots. Each is a Durable Object named `slot-0`, `slot-1` and so on. */
import { describeError, logError } from '../log.ts'
import type { Slots } from '../services/ports.ts'
import { limitTime } from './timeLimit.ts'

/**
 * The state of a slot after a call of `wake`:
 *
 * - `started`: this call started the container, whose runner will claim.
 * - `starting`: an earlier call for the same queue started the container, whose runner has not sent
 *   a claim yet.
 * - `busy`: the runner of the container has sent a claim, or was started for another queue.
 * - `cooling_down`: an earlier start failed, and the slot waits before the next one.
 * - `failed`: the container could not be started, or the slot could not be reached.
 */
export type WakeResult = 'started' | 'starting' | 'busy' | 'cooling_down' | 'failed'

/** A slot that has not answered after this time counts as failed, and the next one is tried. */
const MAX_WAKE_MS = 10_000

/** The id of a runner in a slot is the slot's name and a random suffix: `slot-2-5f3a9c01`. */
const RUNNER_ID = /^(slot-\d+)-[0-9a-f]{8}$/
function readSlotName(runner: string): string | undefined {
  return RUNNER_ID.exec(runner)?.[1]
}

/**
 * @param readSettings called only by the members that need the settings; it throws if they are not
 *   valid
 */
export function createSlots(
  namespace: Env['SLOTS'],
  readSettings: () => { count: number; diskBytes: number },
): Slots {
  const wake = (name: string, queues: string[]): Promise<WakeResult> =>
    limitTime(namespace.getByName(name).wake(queues), MAX_WAKE_MS).catch((error: unknown) => {
      logError('slot_unreachable', { slot: name, error: describeError(error) })
      return 'failed' as const
    })

  return {
    get count() {
      return readSettings().count
    },
    get capabilities() {
      return { diskBytes: readSettings().diskBytes }
    },
    async wake(queues, wanted, busyRunners) {
      const busy = new Set(busyRunners.map(readSlotName))
      const free = Array.from({ length: readSettings().count }, (_, n) => `slot-${n}`).filter(
        (name) => !busy.has(name),
      )
      let missing = wanted
      // A slot that does not start is replaced by the next free one.
      while (missing > 0 && free.length > 0) {
        const results = await Promise.all(free.splice(0, missing).map((name) => wake(name, queues)))
        missing -= results.filter((result) => result === 'started' || result === 'starting').length
      }
    },
    async recordContact(runner) {
      const name = readSlotName(runner)
      if (name !== undefined) {
        await namespace.getByName(name).recordContact(runner)
      }
    },
  }
}
