/** The counts of all jobs by status. Each leads to the list of its jobs. */
import { JOB_STATUSES } from '../../client/index.ts'
import type { client } from '../api.ts'
import { formatNumber, formatTime } from '../format.ts'
import { Status } from '../parts.tsx'
import { writeAddress } from './filters.ts'

type Stats = Awaited<ReturnType<typeof client.stats>>

export function JobCounts({ stats }: { stats: Stats }) {
  const { activeRunners, oldestPendingAt, partial } = stats
  return (
    <>
      <ul class="counts" aria-label="All jobs by status">
        {JOB_STATUSES.map((status) => (
          <li key={status}>
            <a href={writeAddress({ status })}>
              <strong>{formatNumber(stats[status])}</strong>
              <Status status={status} />
            </a>
          </li>
        ))}
      </ul>
      <p class="hint">
        {activeRunners === 1
          ? '1 runner at work'
          : `${formatNumber(activeRunners)} runners at work`}
        {oldestPendingAt && ` · the oldest pending job was created ${formatTime(oldestPendingAt)}`}
        {partial && ' · only 10,000 jobs were counted; there are more'}
      </p>
    </>
  )
}
