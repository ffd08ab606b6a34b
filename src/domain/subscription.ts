/** The subscription of an event stream: its filter, and its position in the event log. */
import { z } from 'zod'
import type { StreamMessage } from '../contract/events.ts'

/** Stored in the attachment of the subscriber's socket. */
export const subscription = z.object({
  jobId: z.string().nullable(),
  filePath: z.string().nullable(),
  /** Ends in a slash. */
  pathPrefix: z.string().nullable().default(null),
  /**
   * Sequence number up to which events were sent, or were skipped because they do not match the
   * filter. The first value is that of the event after which the stream begins.
   */
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

export function encodeMessage(message: StreamMessage): string {
  return JSON.stringify(message)
}
