/**
 * `npm run bench -- [suite …] [--json FILE] [--idle-minutes N] [--film FILE]` runs suites of
 * benchmarks, prints a table for each, and writes all figures as JSON. It asserts nothing, because
 * times depend on the machine and its load. docs/performance.md explains each suite.
 */
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import packageJson from '../../package.json' with { type: 'json' }
import type { BenchContext, Suite } from './context.ts'
import { describeMachine, formatTable, type SuiteResult } from './report.ts'

/** In the order in which they run. */
const SUITES: Readonly<Record<string, () => Promise<Suite>>> = {
  start: () => import('./suites/start.ts'),
  dispatch: () => import('./suites/dispatch.ts'),
  'tiny-jobs': () => import('./suites/tinyJobs.ts'),
  http: () => import('./suites/http.ts'),
  'fan-out': () => import('./suites/fanOut.ts'),
  'fan-out-structures': () => import('./suites/fanOutStructures.ts'),
  idle: () => import('./suites/idle.ts'),
  streams: () => import('./suites/streams.ts'),
  reads: () => import('./suites/reads.ts'),
  encode: () => import('./suites/encode.ts'),
  transfers: () => import('./suites/transfers.ts'),
  chunks: () => import('./suites/chunks.ts'),
  reuse: () => import('./suites/reuse.ts'),
  width: () => import('./suites/width.ts'),
}
const DEFAULT_IDLE_MINUTES = 10

const { positionals, values: options } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    'idle-minutes': { type: 'string' },
    film: { type: 'string' },
  },
})
const unknown = positionals.filter((name) => !Object.hasOwn(SUITES, name))
if (unknown.length > 0) {
  console.error(
    `There is no suite ${unknown.join(', ')}. The suites are: ${Object.keys(SUITES).join(', ')}.`,
  )
  process.exit(2)
}
const idleMinutes = Number(options['idle-minutes'] ?? DEFAULT_IDLE_MINUTES)
if (!(idleMinutes > 0)) {
  console.error(`--idle-minutes must be a number above 0 (got "${options['idle-minutes']}").`)
  process.exit(2)
}

const film = options.film === undefined ? null : resolve(options.film)
if (film !== null && !existsSync(film)) {
  console.error(`--film must be the path of a video (there is no file "${film}").`)
  process.exit(2)
}

async function runSuite(name: string, suite: Suite): Promise<SuiteResult> {
  const folder = await mkdtemp(join(tmpdir(), `reelqueue-bench-${name}-`))
  const log = (line: string) => console.error(`${name}: ${line}`)
  const context: BenchContext = { folder, log, idleMinutes, film }
  const startedAt = performance.now()
  const readSeconds = () => Math.round((performance.now() - startedAt) / 1_000)
  try {
    const measurements = await suite.run(context)
    return { suite: name, seconds: readSeconds(), measurements, error: null }
  } catch (error) {
    console.error(error)
    return { suite: name, seconds: readSeconds(), measurements: [], error: String(error) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Loads the suites with these names; if there are none, those that run by default. */
async function loadSuites(names: string[]) {
  const loaded = await Promise.all(
    Object.entries(SUITES).map(async ([name, load]) => ({ name, suite: await load() })),
  )
  return loaded.filter(({ name, suite }) =>
    names.length > 0 ? names.includes(name) : suite.runsOnlyNamed !== true,
  )
}

async function runAll(names: string[]): Promise<SuiteResult[]> {
  const suites = await loadSuites(names)
  const beside = suites.filter(({ suite }) => suite.runsBeside === true)
  const running = beside.map(({ name, suite }) => runSuite(name, suite))
  const results: SuiteResult[] = []
  const add = (result: SuiteResult) => {
    const { suite, seconds, measurements, error } = result
    console.log(`## ${suite} (${seconds} s)\n\n${error ?? formatTable(measurements)}\n`)
    results.push(result)
  }
  for (const { name, suite } of suites.filter((each) => !beside.includes(each))) {
    add(await runSuite(name, suite))
  }
  for (const result of running) {
    add(await result)
  }
  return results
}

const { version } = packageJson
const machine = describeMachine()
console.log(`Reelqueue ${version} on ${machine}\n`)
const results = await runAll(positionals)
const json = JSON.stringify({ version, machine, date: new Date().toISOString(), results }, null, 2)
if (options.json === undefined) {
  console.log(json)
} else {
  await writeFile(options.json, `${json}\n`)
}
process.exit(results.some(({ error }) => error !== null) ? 1 : 0)
