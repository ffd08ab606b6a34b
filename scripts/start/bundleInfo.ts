/** What workerHost.ts needs besides the bundle. bundle.ts writes it to a file. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { V4WorkerOptions } from 'miniflare'

export interface BundleInfo {
  /** The Worker's configuration in wrangler.toml, for Miniflare. It has no secrets. */
  options: Partial<V4WorkerOptions>
  /** In the order in which they are applied. */
  migrations: Migration[]
}

export interface Migration {
  /** The name of its file. */
  name: string
  statements: string[]
}

/** The folder of the dashboard, next to the bundle. */
export const DASHBOARD = 'dashboard'
/** The file of the bundle. */
export const BUNDLE = 'index.js'
/** Files next to the bundle that have the modules of this folder with these names, without types. */
export const MIGRATION_WORKER = 'migrationWorker.js'
export const RATE_LIMITS = 'rateLimits.js'
export const FORWARDED_PROTOCOL = 'forwardedProtocol.js'
export const BUCKET_EVENTS = 'bucketEvents.js'

const FILE = 'info.json'

export function readBundleInfo(bundleDir: string): BundleInfo {
  return JSON.parse(readFileSync(join(bundleDir, FILE), 'utf8')) as BundleInfo
}

export function writeBundleInfo(bundleDir: string, info: BundleInfo): void {
  writeFileSync(join(bundleDir, FILE), JSON.stringify(info))
}
