/** Starts runner slots, which are addressed by name. The caller names the runners that are busy. */
import { logError } from '../log.ts'
import type { Slots } from '../services/ports.ts'

/**
 * The state of a slot after it was asked to start: `started` and `starting` will claim, `busy` has a
 * runner that has claimed already, and the last start of `cooling_down` failed.
 */
export type WakeResult = 'started' | 'starting' | 'busy' | 'cooling_down' | 'failed'

/** The id of a runner in a slot begins with the slot's name: `slot-2-5f3a9c01`. */
const RUNNER = /^(slot-\d+)-[0-9a-f]{8}$/
function readSlotName(runner: string): string | undefined {
  return RUNNER.exec(runner)?.[1]
}

/** For deployments without containers. */
export const NO_SLOTS: Slots = {
  count: 0,
  capabilities: {},
  wake: async () => {},
  recordContact: async () => {},
}

export function createSlots(
  namespace: Env['SLOTS'],
  { count, diskBytes }: { count: number; diskBytes: number },
): Slots {
  const wake = (name: string, queues: string[]): Promise<WakeResult> =>
    namespace
      .getByName(name)
      .wake(queues)
      .catch((error: unknown) => {
        logError('slot_unreachable', { slot: name, error: String(error) })
        return 'failed' as const
      })

  return {
    count,
    capabilities: { diskBytes },
    async wake(queues, wanted, busyRunners) {
      const busy = new Set(busyRunners.map(readSlotName))
      const free = Array.from({ length: count }, (_, n) => `slot-${n}`).filter(
        (name) => !busy.has(name),
      )
      let missing = wanted
      while (missing > 0 && free.length > 0) {
        const answers = await Promise.all(free.splice(0, missing).map((name) => wake(name, queues)))
        missing -= answers.filter((answer) => answer === 'started' || answer === 'starting').length
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
