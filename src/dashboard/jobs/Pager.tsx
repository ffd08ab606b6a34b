/** Links to the pages of the list of jobs, newest first. */
import { type Filters, writeAddress } from './filters.ts'

/**
 * The cursor of the page before each page that was opened from it, which the service does not return;
 * null is the first page.
 */
const previous = new Map<string, string | null>()

interface Props {
  filters: Filters
  cursor: string | null
  nextCursor: string | null
}
export function Pager({ filters, cursor, nextCursor }: Props) {
  if (cursor === null && nextCursor === null) {
    return null
  }
  if (nextCursor !== null) {
    previous.set(nextCursor, cursor)
  }
  const before = cursor === null ? undefined : previous.get(cursor)
  return (
    <nav class="pager" aria-label="Pages of the list">
      {cursor !== null && <a href={writeAddress(filters)}>Newest</a>}
      {before !== undefined && before !== null && <a href={writeAddress(filters, before)}>Newer</a>}
      {nextCursor !== null && <a href={writeAddress(filters, nextCursor)}>Older</a>}
    </nav>
  )
}
