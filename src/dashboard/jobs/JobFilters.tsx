/** The form of the filters. Each change is a new address of the page. */
import { JOB_STATUSES } from '../../client/index.ts'
import { client, type Session } from '../api.ts'
import { ADVICE } from '../job/advice.ts'
import { statusName } from '../parts.tsx'
import { useLoaded } from '../useLoaded.ts'
import { countFilters, type Filters, fromLocalTime, toLocalTime, writeAddress } from './filters.ts'
import { SearchInput } from './SearchInput.tsx'

interface Props {
  filters: Filters
  session: Session
}

/** The queues, if the key may list them. */
async function listQueueNames(session: Session): Promise<string[]> {
  const mayList = session.scopes.includes('queues:admin') && session.queue === null
  return mayList ? (await client.queues.list()).map(({ name }) => name) : []
}

export function JobFilters({ filters, session }: Props) {
  const { value: queues } = useLoaded(() => listQueueNames(session), [])
  function change(name: keyof Filters, value: string): void {
    location.hash = writeAddress({ ...filters, [name]: value.trim() })
  }
  const choose = (
    name: keyof Filters,
    label: string,
    choices: readonly string[],
    names = choices,
  ) => (
    <label>
      {label}
      <select
        name={name}
        value={filters[name]}
        onChange={({ currentTarget }) => change(name, currentTarget.value)}
      >
        <option value="">all</option>
        {choices.map((value, index) => (
          <option key={value} value={value}>
            {names[index]}
          </option>
        ))}
      </select>
    </label>
  )
  const search = (name: keyof Filters, label: string, example: string) => (
    <SearchInput
      name={name}
      label={label}
      example={example}
      value={filters[name]}
      onChange={(value) => change(name, value)}
    />
  )
  const time = (name: 'createdAfter' | 'createdBefore', label: string) => (
    <label>
      {label}
      <input
        type="datetime-local"
        name={name}
        value={toLocalTime(filters[name])}
        onChange={({ currentTarget }) => change(name, fromLocalTime(currentTarget.value))}
      />
    </label>
  )
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      {choose('status', 'Status', JOB_STATUSES, JOB_STATUSES.map(statusName))}
      {search('path', 'File or folder', 'videos/clip.mp4')}
      {session.queue === null &&
        (queues && queues.length > 0
          ? choose('queue', 'Queue', queues)
          : search('queue', 'Queue', 'default'))}
      {choose('errorCode', 'Error', Object.keys(ADVICE))}
      {search('tag', 'Tag', 'campaign-7')}
      {time('createdAfter', 'Created from')}
      {time('createdBefore', 'Created before')}
      {countFilters(filters) > 0 && <a href={writeAddress({})}>Clear filters</a>}
    </form>
  )
}
