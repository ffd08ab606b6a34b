/**
 * Requests that read jobs, with 1,000 to 1,000,000 jobs, each beside a route that does not exist:
 * its 404 is what a request costs before it reads anything.
 */
import { join } from 'node:path'
import autocannon from 'autocannon'
import { MAX_OFFSET } from '../../../src/contract/job.ts'
import { writeCount } from '../../../src/contract/writeCount.ts'
import { sealText } from '../../../src/domain/sealedText.ts'
import type { BenchContext } from '../context.ts'
import type { Measurement } from '../report.ts'
import { seedJobs, SEEDED_VARIANTS } from '../seed.ts'
import { API_KEY, type Service, startService } from '../service.ts'

const SIZES = [1_000, 100_000, 1_000_000]
const CONNECTIONS = [1, 32]
const ROUNDS = 2
const SECONDS = 1
/** A rate limit applies to each key, so requests are spread over several. */
const KEYS = 10
/** Requests of each route, which every connection repeats. */
const REQUESTS = 400
/** A position in the list is padded to this length before it is sealed (src/http/cursor.ts). */
const POSITION_LENGTH = 16
/** The page after this many jobs from the end is read by cursor. */
const LAST_JOBS = 1_000

type Headers = Record<string, string>

interface Route {
  name: string
  /** Requested in turns. */
  paths: string[]
  /** A path below the same prefix that no route has. */
  missing: string
}

interface Load {
  service: Service
  keys: Headers[]
  connections: number
  jobs: number
}

export async function run({ folder, log }: BenchContext): Promise<Measurement[]> {
  const stateDir = join(folder, 'state')
  // Creates the database and the keys.
  const keys = await withService(stateDir, createKeys)
  const measurements: Measurement[] = []
  for (const jobs of SIZES) {
    seedJobs(stateDir, jobs)
    await withService(stateDir, async (service) => {
      for (const connections of CONNECTIONS) {
        const load = { service, keys, connections, jobs }
        measurements.push(...(await measureRoutes(load, listRoutes(jobs))))
        log(`${jobs} jobs, ${writeCount(connections, 'connection')}`)
      }
      if (jobs === SIZES.at(-1)) {
        const load = { service, keys, connections: 1, jobs }
        measurements.push(...(await measureRoutes(load, await listDeepPages(jobs))))
      }
    })
  }
  return measurements
}

async function withService<T>(stateDir: string, use: (service: Service) => Promise<T>): Promise<T> {
  const service = await startService({ stateDir })
  try {
    return await use(service)
  } finally {
    await service.stop()
  }
}

function createKeys({ client }: Service): Promise<Headers[]> {
  return Promise.all(
    Array.from({ length: KEYS }, async (_, n) => {
      const response = await client.request('/api-keys', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ name: `bench ${n}`, scopes: ['jobs:read'] }),
      })
      const { key } = (await response.json()) as { key: string }
      return { Authorization: `Bearer ${key}` }
    }),
  )
}

function listRoutes(jobs: number): Route[] {
  const files = jobs / SEEDED_VARIANTS.length
  const variant = (n: number) => SEEDED_VARIANTS[n % SEEDED_VARIANTS.length]!
  return [
    {
      name: 'status found',
      // Files all over the table.
      paths: Array.from(
        { length: REQUESTS },
        (_, n) => `/video-status/${variant(n)}/videos/${Math.floor((files * n) / REQUESTS)}.mp4`,
      ),
      missing: '/video-statuses/w_640/videos/1.mp4',
    },
    { name: 'list of 50', paths: ['/queue/jobs?limit=50'], missing: '/queue/job?limit=50' },
    { name: 'statistics', paths: ['/queue/stats'], missing: '/queue/stat' },
  ]
}

/** The pages that cost most: at the highest offset, and by a cursor near the end of the list. */
async function listDeepPages(jobs: number): Promise<Route[]> {
  const missing = '/queue/job?limit=50'
  // Sealed here, because reading the list to its end would take minutes.
  const signingKeys = [{ id: 'api-key', secret: API_KEY }]
  const position = String(LAST_JOBS).padStart(POSITION_LENGTH)
  const cursor = await sealText(signingKeys, 'cursor of jobs', position)
  const describe = (skipped: number, how: string) =>
    `list of 50 after ${skipped.toLocaleString('en')} jobs, by ${how}`
  return [
    {
      name: describe(jobs - LAST_JOBS, 'cursor'),
      paths: [`/queue/jobs?limit=50&cursor=${cursor}`],
      missing,
    },
    {
      name: describe(MAX_OFFSET, 'offset'),
      paths: [`/queue/jobs?limit=50&offset=${MAX_OFFSET}`],
      missing,
    },
  ]
}

/** Measures the routes and their 404 in turns, so that other load on the machine affects both. */
async function measureRoutes(load: Load, routes: Route[]): Promise<Measurement[]> {
  const { connections, jobs } = load
  const rates = routes.map(() => ({ found: [] as number[], missing: [] as number[] }))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, { paths, missing }] of routes.entries()) {
      rates[index]!.found.push(await measureRate(load, paths, true))
      rates[index]!.missing.push(await measureRate(load, [missing], false))
    }
  }
  const suffix = `${writeCount(connections, 'connection')}, ${jobs.toLocaleString('en')} jobs`
  return routes.map(({ name }, index) => ({
    name: `${name}, ${suffix}`,
    unit: 'requests/s',
    values: rates[index]!.found,
    floor: { name: '404', values: rates[index]!.missing },
    ...(name === 'status found' && { goal: 'at least half of the floor' }),
  }))
}

/**
 * Returns the responses a second.
 *
 * @param isFound false if every response must be an error
 */
async function measureRate(
  { service, keys, connections }: Load,
  paths: string[],
  isFound: boolean,
): Promise<number> {
  const requests = Array.from({ length: REQUESTS }, (_, n) => ({
    path: paths[n % paths.length]!,
    headers: keys[n % keys.length]!,
  }))
  const result = await autocannon({ url: service.url, connections, requests, duration: SECONDS })
  const others = isFound ? result.non2xx : result['2xx']
  if (others > 0 || result.errors > 0) {
    throw new Error(`${paths[0]}: ${others} unexpected responses, ${result.errors} errors`)
  }
  return result.requests.total / result.duration
}
