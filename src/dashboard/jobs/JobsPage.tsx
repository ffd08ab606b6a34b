/** The list of jobs, which follows the events of the queues, and actions on selected jobs. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { Job } from '../../client/index.ts'
import { client, type Session } from '../api.ts'
import { LiveState, Problem } from '../parts.tsx'
import { useBatched, useEvents, useLoaded } from '../useLoaded.ts'
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
          {countFilters(filters) > 0 || cursor ? (
            <>
              No jobs match here. <a href={writeAddress({})}>Show all jobs</a>.
            </>
          ) : (
            <>
              No jobs here. <a href="#/submit">Submit a file</a>.
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
