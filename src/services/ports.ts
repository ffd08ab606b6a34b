/**
 * What the use cases work with: the bindings as ports, so that nothing below the composition
 * root looks at the environment.
 */
import type { ProgressData } from '../contract/events.ts'
import type { Database } from '../db/database.ts'
import type { RunnerCapabilities } from '../domain/runnerRequirements.ts'
import type { ObjectStore } from '../storage/objectStore.ts'

/** The hubs of all queues, one Durable Object each. */
export interface Hubs {
  /**
   * There are new events to send, and something may have to be looked at by `deadline` (ms since
   * the epoch): a lease that runs out, a retry that falls due.
   */
  notify(queue: string, deadline: number | null): Promise<void>
  /** Sends progress to whoever is watching now. */
  progress(queue: string, filePath: string, progress: ProgressData): Promise<void>
  /** Tells up to `count` runners that wait for work; gives back how many it told. */
  wake(queue: string, count: number): Promise<number>
}

/** Containers that can be started to run jobs. Where there are none, asking is harmless. */
export interface Slots {
  readonly count: number
  /** What a runner in a slot can do. */
  readonly fit: RunnerCapabilities
  /**
   * Starts slots until `wanted` of them are about to claim from `queues`, the first of which has work.
   * Those of the runners `atWork` are not asked.
   */
  wake(queues: string[], wanted: number, busyRunners: string[]): Promise<void>
  /** A runner has asked for work; if it is in a slot, that slot hears of it. */
  heard(runner: string): Promise<void>
}

export interface Platform {
  db: Database
  originals: ObjectStore
  variants: ObjectStore
  /** Sends tickets, each of which says that there may be work in the queue. */
  sendTickets(queue: string, count: number): Promise<void>
  hubs: Hubs
  slots: Slots
  /** Lets work go on after the answer; what it throws is logged and goes no further. */
  defer(work: Promise<unknown>): void
}
