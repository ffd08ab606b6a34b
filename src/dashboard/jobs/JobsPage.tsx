/** The list of jobs, which follows the events of the queues, and actions on selected jobs. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Job } from '../../client/index.ts'
import { client, type Session } from '../api.ts'
import { LiveState, Problem } from '../parts.tsx'
import { type LiveState as State, useBatched, useEvents, useLoaded } from '../useLoaded.ts'
import { BatchBar } from './BatchBar.tsx'
import { countFilters, readFilters, toJobFilter, writeAddress } from './filters.ts'
import { JobCounts } from './JobCounts.tsx'
import { JobFilters } from './JobFilters.tsx'
import { JobTable } from './JobTable.tsx'
import { Pager } from './Pager.tsx'

const PAGE_SIZE = 50
const NONE: ReadonlySet<string> = new Set()

interface Props {
  query: URLSearchParams
  session: Session
}
export function JobsPage({ query, session }: Props) {
  const address = query.toString()
  const filters = useMemo(() => readFilters(query), [address])
  const cursor = query.get('cursor')
  const [selected, setSelected] = useState<ReadonlySet<string> | 'all'>(NONE)
  const list = useLoaded(
    () =>
      client.jobs.list({ ...toJobFilter(filters), limit: PAGE_SIZE, ...(cursor && { cursor }) }),
    [address],
  )
  const stats = useLoaded(() => client.stats(), [])
  const refresh = useBatched(() => {
    void list.reload()
    void stats.reload()
  })
  const live = useEvents((event) => {
    if (event.event !== 'job:progress') {
      return refresh()
    }
    const { jobId, chunks: _, ...progress } = event.data
    list.setValue(
      (page) =>
        page && {
          ...page,
          jobs: page.jobs.map((job) => (job.id === jobId ? ({ ...job, ...progress } as Job) : job)),
        },
    )
  })
  useEffect(() => setSelected(NONE), [address])

  const hadJobs = useRef(false)
  const jobs = list.value?.jobs ?? []
  const isSelected = ({ id }: Job) => selected === 'all' || selected.has(id)
  function toggle(changed: Job[], isChosen: boolean): void {
    const ids = new Set(jobs.filter(isSelected).map(({ id }) => id))
    for (const { id } of changed) {
      if (isChosen) {
        ids.add(id)
      } else {
        ids.delete(id)
      }
    }
    setSelected(ids)
  }
  const mayChange = session.scopes.includes('jobs:write')
  const isFiltered = countFilters(filters) > 0 || cursor !== null
  // What became of the last ones is still to be read after all were deleted.
  hadJobs.current ||= jobs.length > 0
  if (list.value && !hadJobs.current && !isFiltered) {
    return <NoJobs live={live} maySubmit={mayChange} />
  }
  return (
    <>
      <h1>Jobs</h1>
      {stats.value && <JobCounts stats={stats.value} />}
      <LiveState state={live} />
      <JobFilters filters={filters} session={session} />
      {mayChange && (
        <BatchBar
          filter={toJobFilter(filters)}
          selected={selected === 'all' ? 'all' : jobs.filter(isSelected)}
          hasJobs={jobs.length > 0}
          onSelectAll={() => setSelected('all')}
          onDone={() => {
            setSelected(NONE)
            refresh()
          }}
        />
      )}
      {list.error && <Problem>{list.error}</Problem>}
      {!list.value && !list.error && <p>Loading …</p>}
      {list.value && jobs.length === 0 && (
        <p class="empty">
          No jobs match here.{' '}
          {isFiltered && (
            <>
              <a href={writeAddress({})}>Show all jobs</a>.
            </>
          )}
        </p>
      )}
      {jobs.length > 0 && (
        <JobTable jobs={jobs} isSelected={isSelected} onToggle={mayChange ? toggle : undefined} />
      )}
      <Pager filters={filters} cursor={cursor} nextCursor={list.value?.nextCursor ?? null} />
    </>
  )
}

/** The first thing that a new user sees. */
function NoJobs({ live, maySubmit }: { live: State; maySubmit: boolean }) {
  return (
    <>
      <h1>Jobs</h1>
      <LiveState state={live} />
      <section class="card">
        <h2>No jobs here yet</h2>
        <p class="empty">
          A job makes a variant of a video: an MP4 in another size, a stream, a thumbnail.
          {maySubmit && (
            <>
              {' '}
              <a href="#/submit">Submit a file</a>, and watch its job here.
            </>
          )}
        </p>
      </section>
    </>
  )
}
