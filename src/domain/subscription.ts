/** The subscription of an event stream: its filter, and its position in the event log. */
import { z } from 'zod'

/** Stored in the attachment of the subscriber's socket. */
export const subscription = z.object({
  jobId: z.string().nullable(),
  filePath: z.string().nullable(),
  /** Ends in a slash. */
  pathPrefix: z.string().nullable().default(null),
  /** Sequence number of the event after which the hub sends events to the subscriber. */
  cursor: z.int().nonnegative(),
})
export type Subscription = z.infer<typeof subscription>
/** Events match the filter when they match every property that is not null. */
export type EventFilter = Pick<Subscription, 'jobId' | 'filePath' | 'pathPrefix'>

export function matchesFilter(
  filter: EventFilter,
  event: { jobId: string; filePath: string },
): boolean {
  return (
    (filter.jobId === null || filter.jobId === event.jobId) &&
    (filter.filePath === null || filter.filePath === event.filePath) &&
    (filter.pathPrefix === null || event.filePath.startsWith(filter.pathPrefix))
  )
}
