/** What the queues did in the last days, and what they do now. */
import { client } from '../api.ts'
import { formatBytes, formatCount, formatNumber, formatSeconds, formatTime } from '../format.ts'
import { HISTORY_HOURS, type HistoryEntry, loadHistory } from './history.ts'
import { Problem } from '../parts.tsx'
import { ThroughputChart } from './ThroughputChart.tsx'
import { useBatched, useEvents, useLoaded } from '../useLoaded.ts'

/** The history is read again at most so often while jobs end. */
const REFRESH_MS = 5_000

type Stats = Awaited<ReturnType<typeof client.stats>>

export function OverviewPage() {
  const history = useLoaded(loadHistory, [])
  const stats = useLoaded(() => client.stats(), [])
  const refresh = useBatched(() => {
    void history.reload()
    void stats.reload()
  }, REFRESH_MS)
  useEvents(({ event }) => {
    if (event !== 'job:progress') {
      refresh()
    }
  })
  const entries = history.value?.entries ?? []
  return (
    <>
      <h1>Overview</h1>
      {(stats.error ?? history.error) && <Problem>{stats.error ?? history.error}</Problem>}
      {stats.value && <Now stats={stats.value} />}
      {history.value && (
        <section class="card">
          <h2>The last {HISTORY_HOURS} hours</h2>
          <ThroughputChart entries={entries} />
          <Totals entries={entries} />
        </section>
      )}
    </>
  )
}

function Now({ stats }: { stats: Stats }) {
  const { storage } = stats
  const facts = [
    ['pending', formatNumber(stats.pending)],
    ['running', formatNumber(stats.running)],
    ['runners at work', formatNumber(stats.activeRunners)],
    [
      'oldest pending job',
      stats.oldestPendingAt === null ? 'none' : formatTime(stats.oldestPendingAt),
    ],
    // The service does not count the storage of a queue or a folder.
    ...(storage === null
      ? []
      : [
          [formatCount(storage.originals.count, 'original'), formatBytes(storage.originals.bytes)],
          [formatCount(storage.variants.count, 'variant'), formatBytes(storage.variants.bytes)],
        ]),
  ] as const
  return (
    <ul class="counts" aria-label="Now">
      {facts.map(([name, value]) => (
        <li key={name}>
          <strong>{value}</strong>
          <span class="hint">{name}</span>
        </li>
      ))}
    </ul>
  )
}

function Totals({ entries }: { entries: readonly HistoryEntry[] }) {
  const sum = (read: (entry: HistoryEntry) => number) =>
    entries.reduce((total, entry) => total + read(entry), 0)
  const completed = sum((entry) => entry.completed)
  const failed = sum((entry) => entry.failed)
  const media = sum((entry) => entry.mediaSeconds)
  const processing = sum((entry) => entry.processingSeconds)
  if (completed + failed === 0) {
    return <p class="empty">No job ended in this time.</p>
  }
  return (
    <p>
      {formatNumber(completed)} completed, {formatNumber(failed)} failed (
      {formatNumber((failed / (completed + failed)) * 100)} %).
      {processing > 0 &&
        ` ${formatSeconds(media)} of media were made in ${formatSeconds(processing)} of work: ${formatNumber(media / processing)} seconds of media for each second.`}
    </p>
  )
}
