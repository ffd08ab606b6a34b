/**
 * Builds the Worker. The build of unchanged sources is kept, because building takes longer than the
 * rest of a start.
 */
import { createHash } from 'node:crypto'
import { cpSync, globSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { launchProgram } from './programs.ts'
import type { Settings } from './settings.ts'
import { StartError } from './startError.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** Has the last build, in a folder named by the hash of its sources. `npm ci` deletes it. */
const KEPT = join(ROOT, 'node_modules', '.cache', 'reelqueue')
const SOURCES = [
  'src/**/*.{ts,tsx,css,html,js,sql}',
  'scripts/dashboard.mjs',
  'scripts/start/{bucketEvents,bundle,bundleInfo,forwardedProtocol,migrationWorker,rateLimits}.ts',
  'wrangler.toml',
  'package.json',
  'tsconfig.json',
  'package-lock.json',
]

/** The folder of the Worker's bundle and of what bundle.ts writes about it. */
export function bundleDir({ stateDir }: Settings): string {
  return join(stateDir, 'bundle')
}

/** Puts the bundle into the state folder. @throws StartError if the Worker cannot be bundled */
export async function buildWorker(settings: Settings): Promise<void> {
  const folder = bundleDir(settings)
  const sources = hashSources(ROOT)
  const kept = join(KEPT, sources)
  if (restore(kept, folder)) {
    return
  }
  const bundling = launchProgram(settings, 'bundle.ts', [folder])
  const { code } = await bundling.exited
  if (code !== 0) {
    throw new StartError(`The Worker could not be bundled:\n${bundling.tail()}`)
  }
  // A source that changed meanwhile may be in the bundle or not.
  if (hashSources(ROOT) === sources) {
    keep(folder, kept)
  }
}

/** @returns false if there is no kept build, or another start has removed it meanwhile */
function restore(kept: string, folder: string): boolean {
  rmSync(folder, { recursive: true, force: true })
  try {
    cpSync(kept, folder, { recursive: true })
    return true
  } catch {
    return false
  }
}

/** Returns a hash of everything that a build is made from. */
export function hashSources(root: string): string {
  const hash = createHash('sha256')
  for (const path of globSync(SOURCES, { cwd: root }).toSorted()) {
    const content = readFileSync(join(root, path))
    hash.update(`${path} ${content.length}\n`).update(content)
  }
  return hash.digest('hex')
}

/** Keeps a copy of a build, and deletes other builds. If this fails, starts are only slower. */
function keep(folder: string, kept: string): void {
  const copy = `${kept}.${process.pid}`
  try {
    mkdirSync(KEPT, { recursive: true })
    for (const other of readdirSync(KEPT)) {
      rmSync(join(KEPT, other), { recursive: true, force: true })
    }
    cpSync(folder, copy, { recursive: true })
    // Atomic, so that another start finds the whole build or none.
    renameSync(copy, kept)
  } catch {
    // The folder cannot be written, or another start has kept the same build.
    rmSync(copy, { recursive: true, force: true })
  }
}
