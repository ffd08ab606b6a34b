/**
 * Applies the migrations, then runs the built Worker in workerd, through Miniflare, with a local
 * database, storage and queues.
 *
 * `npm start` uses it instead of `wrangler dev`, which is made for development. `wrangler dev` adds
 * a proxy in front of the Worker, an inspector that runs code for any origin, an explorer of the
 * database and the buckets that requires no key, and logs of all request URLs with their signatures
 * and tokens.
 *
 * Arguments: the port, the state folder, the folder of the bundle, and the file with the secrets.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile, statfs } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { extname, join } from 'node:path'
import { parseEnv } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Miniflare, V4MiniflareOptions } from 'miniflare'
import {
  BUCKET_EVENTS,
  BUNDLE,
  DASHBOARD,
  FORWARDED_PROTOCOL,
  MIGRATION_WORKER,
  RATE_LIMITS,
  readBundleInfo,
} from './bundleInfo.ts'
import { omitBookmarks } from './localDatabase.ts'
import { digestLargeChunks } from './localStorage.ts'
import { OUTBOUND, outboundWorker, PRIVATE_ADDRESS_SETTINGS, s3Origins } from './outboundWorker.ts'
import { S3_SETTINGS } from './settings.ts'

// Miniflare is a CommonJS package, for which `import` takes 0.3 s longer than `require`.
const miniflareModule = createRequire(import.meta.url)('miniflare') as typeof import('miniflare')
const HOST = '127.0.0.1'
const CRON = '* * * * *'
const CRON_INTERVAL_MS = 60_000

const [port, stateDir, bundleDir, secretsFile] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
]
const { options, migrations } = readBundleInfo(bundleDir)
const shared = {
  // Miniflare does not request the machine's location from Cloudflare.
  cf: false,
  // URLs hold signatures and stream tokens.
  logRequests: false,
  resourcePersistencePath: join(stateDir, 'v3'),
  handleStructuredLogs: ({ message }: { message: string }) => console.log(message),
}
const secrets = parseEnv(readFileSync(secretsFile, 'utf8'))
// If one of the settings allows them, the Worker itself refuses those of the other.
const allowsPrivateAddresses = PRIVATE_ADDRESS_SETTINGS.some((name) => secrets[name] === 'allow')
const workerOptions = {
  ...options,
  name: 'reelqueue',
  bindings: { ...options.bindings, ...secrets, RUNNER_SLOTS: '0' },
  ...(!allowsPrivateAddresses && { outboundService: OUTBOUND }),
  // Miniflare's own Worker for assets would be in front of all requests.
  assets: undefined,
  serviceBindings: { DISK: respondFreeBytes, ASSETS: respondAsset },
  // For `entryModule`. The Worker itself sends none.
  queueProducers: {
    ...(options.queueProducers as Record<string, { queueName: string }>),
    BUCKET_EVENTS: { queueName: 'reelqueue-bucket-events' },
  },
  // Counted by `entryModule`.
  ratelimits: {},
  modulesRoot: bundleDir,
  modules: [
    { type: 'ESModule', path: join(bundleDir, 'entry.js'), contents: entryModule() },
    ...[BUNDLE, RATE_LIMITS, FORWARDED_PROTOCOL, BUCKET_EVENTS].map((file) => ({
      type: 'ESModule',
      path: join(bundleDir, file),
    })),
  ],
  // Requests reach the Worker directly. On its own port, Miniflare puts a Worker in front that takes
  // as long as ours for a request, and keeps memory for each open response.
  unsafeDirectSockets: [{ host: HOST, port: Number(port) }],
}

/** The main module of the Worker: the bundle, with what the other modules add. */
function entryModule(): string {
  return `
    import worker from './${BUNDLE}'
    import { countInMemory } from './${RATE_LIMITS}'
    import { useForwardedProtocol } from './${FORWARDED_PROTOCOL}'
    import { notifyOfChanges } from './${BUCKET_EVENTS}'
    export * from './${BUNDLE}'
    const limits = ${JSON.stringify(options.ratelimits ?? {})}
    export default useForwardedProtocol(countInMemory(notifyOfChanges(worker), limits))`
}

const CONTENT_TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
}

/** Responds with a page or with one of the files in `assets`. */
async function respondAsset(request: {
  url: string
  headers: { get(name: string): string | null }
}) {
  const { pathname } = new URL(request.url)
  const name = pathname === '/' ? '/index' : pathname
  // As on Cloudflare, the path of a page has no extension.
  const path = name.includes('.') ? name : `${name}.html`
  // Only names that the build creates: nothing outside of the folder can be named.
  if (!/^\/(assets\/)?[\w-]+\.(html|css|js)$/.test(path)) {
    return new miniflareModule.Response(null, { status: 404 })
  }
  const content = await readFile(join(bundleDir, DASHBOARD, path)).catch(() => null)
  if (content === null) {
    return new miniflareModule.Response(null, { status: 404 })
  }
  const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`
  const headers = { ETag: etag, 'Content-Type': CONTENT_TYPES[extname(path)]! }
  return request.headers.get('If-None-Match') === etag
    ? new miniflareModule.Response(null, { status: 304, headers })
    : new miniflareModule.Response(content, { headers })
}

/** Returns the options that select a file of the bundle's folder. */
function useModule(file: string) {
  return { modulesRoot: bundleDir, modules: [{ type: 'ESModule', path: join(bundleDir, file) }] }
}

/** Responds with the bytes that this user can still write to the disk of the state folder. */
async function respondFreeBytes(): Promise<Response> {
  const { bavail, bsize } = await statfs(stateDir)
  return new miniflareModule.Response(String(bavail * bsize))
}

function createMiniflare(input: unknown): Miniflare {
  return new miniflareModule.Miniflare(
    miniflareModule.convertV4MiniflareOptions(input as V4MiniflareOptions),
  )
}

/** Applies the migrations before the Worker listens. */
async function migrate(): Promise<void> {
  const { compatibilityDate, d1Databases } = options
  const database = createMiniflare({
    ...shared,
    compatibilityDate,
    d1Databases,
    ...useModule(MIGRATION_WORKER),
  })
  const response = await database.dispatchFetch('http://localhost', {
    method: 'POST',
    body: JSON.stringify(migrations),
  })
  const problem = response.ok ? null : await response.text()
  await database.dispose()
  if (problem !== null) {
    // start.ts prints the last lines of this program's output.
    console.error(problem)
    process.exit(1)
  }
}

/** Frees about 70 MB that the start has used. V8 does not while the process is idle. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  gc()
}

omitBookmarks(miniflareModule.D1_PLUGIN)
digestLargeChunks(miniflareModule.R2_PLUGIN)
await migrate()
const miniflare = createMiniflare({
  ...shared,
  // For the calls of this process (`getWorker`), on any free port.
  host: HOST,
  port: 0,
  workers: [
    workerOptions,
    outboundWorker(options.compatibilityDate, s3Origins(S3_SETTINGS.map((name) => secrets[name]))),
  ],
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => void miniflare.dispose().finally(() => process.exit(0)))
}
await miniflare.ready
console.log(`The Worker listens on port ${port}.`)
collectGarbage()

// Cron triggers do not fire by themselves outside of Cloudflare.
setInterval(() => {
  miniflare
    .getWorker()
    .then((worker) => worker.scheduled({ cron: CRON }))
    .catch((error: unknown) => console.error(`The cron trigger failed: ${String(error)}`))
}, CRON_INTERVAL_MS)
