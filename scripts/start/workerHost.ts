/**
 * Runs the built Worker in workerd, through Miniflare, with a local database, storage and queues.
 *
 * `npm start` uses it instead of `wrangler dev`, which is made for development. `wrangler dev` adds
 * a proxy in front of the Worker, an inspector that runs code for any origin, an explorer of the
 * database and the buckets that requires no key, and logs of all request URLs with their signatures
 * and tokens.
 *
 * Arguments: the port, the state folder, the folder of the bundle, and the file with the secrets.
 */
import { readFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { convertV4MiniflareOptions, Miniflare, Response, type V4MiniflareOptions } from 'miniflare'
import { unstable_getMiniflareWorkerOptions as readWorkerOptions } from 'wrangler'

const CONFIG = join(import.meta.dirname, '..', '..', 'wrangler.toml')
const CRON = '* * * * *'
const CRON_INTERVAL_MS = 60_000

const [port, stateDir, bundleDir, secretsFile] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
]
const { workerOptions } = readWorkerOptions(CONFIG, undefined, {
  overrides: { enableContainers: false },
})
const options = {
  host: '127.0.0.1',
  port: Number(port),
  // Miniflare does not request the machine's location from Cloudflare.
  cf: false,
  // URLs hold signatures and stream tokens.
  logRequests: false,
  resourcePersistencePath: join(stateDir, 'v3'),
  handleStructuredLogs: ({ message }: { message: string }) => console.log(message),
  workers: [
    {
      ...workerOptions,
      name: 'reelqueue',
      bindings: {
        ...(workerOptions.bindings as Record<string, string>),
        ...parseEnv(readFileSync(secretsFile, 'utf8')),
        RUNNER_SLOTS: '0',
      },
      serviceBindings: { DISK: respondFreeBytes },
      modulesRoot: bundleDir,
      modules: [{ type: 'ESModule', path: join(bundleDir, 'index.js') }],
    },
  ],
}

/** Responds with the bytes that this user can still write to the disk of the state folder. */
async function respondFreeBytes(): Promise<Response> {
  const { bavail, bsize } = await statfs(stateDir)
  return new Response(String(bavail * bsize))
}

const miniflare = new Miniflare(convertV4MiniflareOptions(options as V4MiniflareOptions))

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => void miniflare.dispose().finally(() => process.exit(0)))
}
await miniflare.ready

// Cron triggers do not fire by themselves outside of Cloudflare.
setInterval(() => {
  miniflare
    .getWorker()
    .then((worker) => worker.scheduled({ cron: CRON }))
    .catch((error: unknown) => console.error(`The cron trigger failed: ${String(error)}`))
}, CRON_INTERVAL_MS)
