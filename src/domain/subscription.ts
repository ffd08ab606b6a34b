/** What one subscriber of a hub wants, and what of it has been sent. Kept in its socket. */
import { z } from 'zod'
import type { StreamMessage } from '../contract/events.ts'

export const subscription = z.object({
  jobId: z.string().nullable(),
  filePath: z.string().nullable(),
  /** Ends in a slash. */
  pathPrefix: z.string().nullable().default(null),
  /** The sequence number of the last event that was looked at for this subscriber. */
  cursor: z.int().nonnegative(),
})
export type Subscription = z.infer<typeof subscription>
/** Everything that is given must match. */
export type EventFilter = Pick<Subscription, 'jobId' | 'filePath' | 'pathPrefix'>

export function matches(filter: EventFilter, event: { jobId: string; filePath: string }): boolean {
  return (
    (filter.jobId === null || filter.jobId === event.jobId) &&
    (filter.filePath === null || filter.filePath === event.filePath) &&
    (filter.pathPrefix === null || event.filePath.startsWith(filter.pathPrefix))
  )
}

export function encode(message: StreamMessage) {
  return JSON.stringify(message)
}
