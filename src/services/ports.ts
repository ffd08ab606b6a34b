/**
 * The ports of the use cases. `src/platform` implements them with the Worker's bindings, so that no use
 * case reads the environment.
 */
import type { ProgressData } from '../contract/events.ts'
import type { Database } from '../db/database.ts'
import type { RunnerCapabilities } from '../domain/runnerRequirements.ts'
import type { ObjectStore } from '../storage/objectStore.ts'

/** The hubs of all queues. */
export interface Hubs {
  /**
   * Tells the hub that the event log may have new events, and that the watchdog must run at `deadline`
   * (ms since the epoch) at the latest; null if its alarm is early enough.
   */
  notify(queue: string, deadline: number | null): Promise<void>
  /** Sends progress to the current subscribers, without storing it. */
  sendProgress(queue: string, filePath: string, progress: ProgressData): Promise<void>
  /** Wakes up to `count` waiting runners. Returns how many were waiting. */
  wake(queue: string, count: number): Promise<number>
  /** Begins to wait for work in several queues. */
  waitForWork(queues: string[]): Promise<WorkWait>
}

/** A wait for work. It begins before the runner's claim, so that no wake-up is missed. */
export interface WorkWait {
  /** Resolves with true when there may be work, with false after `ms`. */
  wait(ms: number): Promise<boolean>
  close(): void
}

/** The container slots of the deployment. Without containers, `count` is 0 and the calls do nothing. */
export interface Slots {
  readonly count: number
  /** The capabilities of a runner in a slot. */
  readonly capabilities: RunnerCapabilities
  /**
   * Starts slots until `wanted` of them are starting. Their runners claim from `queues`; the first one has
   * jobs. The slots of `busyRunners` are skipped.
   */
  wake(queues: string[], wanted: number, busyRunners: string[]): Promise<void>
  /** Tells the slot of a runner, if the runner is in one, that it has just sent a claim. */
  recordContact(runner: string): Promise<void>
}

export interface Platform {
  db: Database
  originals: ObjectStore
  variants: ObjectStore
  /** Sends `count` tickets. Each says that there may be work in the queue. */
  sendTickets(queue: string, count: number): Promise<void>
  hubs: Hubs
  slots: Slots
  /** Lets work continue after the response. Its errors are logged. */
  defer(work: Promise<unknown>): void
}
