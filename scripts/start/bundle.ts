/**
 * Bundles the Worker as a deployment does. Next to the bundle, it writes the options of Miniflare,
 * which wrangler reads from wrangler.toml, and the statements of the migrations. scripts/start.ts
 * runs it in a process of its own, because wrangler takes a second and 200 MB to load.
 *
 * Arguments: the folder to create, and the main module of the Worker, if not that of wrangler.toml.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join, parse } from 'node:path'
import {
  unstable_readConfig as readConfig,
  unstable_getMiniflareWorkerOptions as readWorkerOptions,
  unstable_splitSqlQuery as splitStatements,
} from 'wrangler'
import {
  BUCKET_EVENTS,
  BUNDLE,
  DASHBOARD,
  FORWARDED_PROTOCOL,
  MIGRATION_WORKER,
  RATE_LIMITS,
  writeBundleInfo,
  type BundleInfo,
} from './bundleInfo.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const CONFIG = join(ROOT, 'wrangler.toml')
const MIGRATIONS = join(ROOT, 'src', 'db', 'migrations')

/** No environment of wrangler.toml, although .env may name one. */
const TOP_LEVEL = ''

const [folder, main] = process.argv.slice(2) as [string, string?]
// The bundle is kept, so it must not depend on the environment of this process.
delete process.env.CLOUDFLARE_ENV
process.env.NODE_ENV = 'production'
const { status, error } = spawnSync(
  'wrangler',
  [
    'deploy',
    ...(main === undefined ? [] : [main]),
    '--dry-run',
    '--containers-rollout=none',
    `--env=${TOP_LEVEL}`,
    '--outdir',
    folder,
  ],
  { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] },
)
if (error) {
  throw error
}
if (status === 0) {
  if (main !== undefined) {
    renameSync(join(folder, `${parse(main).name}.js`), join(folder, BUNDLE))
  }
  buildDashboard(join(folder, DASHBOARD))
  writeModule('migrationWorker.ts', MIGRATION_WORKER)
  writeModule('rateLimits.ts', RATE_LIMITS)
  writeModule('forwardedProtocol.ts', FORWARDED_PROTOCOL)
  writeModule('bucketEvents.ts', BUCKET_EVENTS)
  writeBundleInfo(folder, { options: readOptions(), migrations: readMigrations() })
} else {
  process.exitCode = 1
}

/** A build of its own: another start may be replacing the files of dist/dashboard. */
function buildDashboard(target: string): void {
  const script = join(ROOT, 'scripts', 'dashboard.mjs')
  const built = spawnSync(process.execPath, [script, target], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (built.status !== 0) {
    throw new Error('The dashboard could not be built.')
  }
}

/** Writes a module of this folder without its types. */
function writeModule(source: string, file: string): void {
  const text = readFileSync(join(import.meta.dirname, source), 'utf8')
  writeFileSync(join(folder, file), stripTypeScriptTypes(text))
}

function readOptions(): BundleInfo['options'] {
  const { workerOptions } = readWorkerOptions(CONFIG, TOP_LEVEL, {
    overrides: { enableContainers: false },
  })
  // The bindings of `workerOptions` include the secrets of .dev.vars or .env.
  return { ...workerOptions, bindings: readConfig({ config: CONFIG, env: TOP_LEVEL }).vars }
}

/** Returns the migrations in the order in which they are applied. */
function readMigrations(): BundleInfo['migrations'] {
  return readdirSync(MIGRATIONS)
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
    .map((name) => ({
      name,
      statements: splitStatements(readFileSync(join(MIGRATIONS, name), 'utf8')),
    }))
}
