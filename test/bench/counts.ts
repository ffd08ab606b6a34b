/** What worker/meteredWorker.ts counts. */
export interface Counts {
  /** Queries and batches of D1. */
  queries: number
  /** Messages that were sent to a queue or received from it, in batches. */
  queueOperations: number
  /** Starts of Durable Objects, also after hibernation. */
  objectStarts: number
  /** Calls of their methods, by other code or by the runtime. */
  objectCalls: number
}
