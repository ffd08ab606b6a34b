/** The filters of the list of jobs. The address of the page has them, so that a view can be shared. */
import type { client } from '../api.ts'

/** As the API takes them: without the filters that are not set. */
export type JobFilter = NonNullable<Parameters<typeof client.jobs.changeMany>[0]['filter']>

const NAMES = [
  'status',
  'path',
  'queue',
  'errorCode',
  'tag',
  'createdAfter',
  'createdBefore',
] as const
/** Texts; empty if the filter is not set. `path` is a file or a folder. */
export type Filters = Record<(typeof NAMES)[number], string>

export function readFilters(query: URLSearchParams): Filters {
  return Object.fromEntries(NAMES.map((name) => [name, query.get(name) ?? ''])) as Filters
}

/** @param cursor of a later page of the list */
export function writeAddress(filters: Partial<Filters>, cursor?: string | null): string {
  const pairs = Object.entries({ ...filters, cursor }).filter(([, value]) => value)
  const query = new URLSearchParams(pairs as [string, string][])
  return pairs.length === 0 ? '#/jobs' : `#/jobs?${query}`
}

export function countFilters(filters: Filters): number {
  return Object.values(filters).filter((value) => value !== '').length
}

/** The name of every stored file has an extension, so a path without one is a folder. */
function isFolder(path: string): boolean {
  return !path.split('/').at(-1)!.includes('.')
}

export function toJobFilter({ path, ...filters }: Filters): JobFilter {
  const set = Object.entries(filters).filter(([, value]) => value !== '')
  return {
    ...(Object.fromEntries(set) as JobFilter),
    ...(path !== '' && { [isFolder(path) ? 'pathPrefix' : 'filePath']: path }),
  }
}

/** Writes a time for an input of the reader's zone. */
export function toLocalTime(iso: string): string {
  const time = new Date(iso)
  return Number.isNaN(time.getTime())
    ? ''
    : new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

export function fromLocalTime(local: string): string {
  return local === '' ? '' : new Date(local).toISOString()
}
