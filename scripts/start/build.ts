/**
 * Builds the Worker. The build of unchanged sources is kept, because it takes longer than all else
 * that a start does.
 */
import { createHash } from 'node:crypto'
import { cpSync, globSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { launchProgram } from './programs.ts'
import type { Settings } from './settings.ts'
import { StartError } from './startError.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** Has one folder for each build, named by the hash of its sources. `npm ci` empties it. */
const KEPT = join(ROOT, 'node_modules', '.cache', 'reelqueue')
const SOURCES = [
  'src/**/*.{ts,js,sql}',
  'scripts/start/{bundle,bundleInfo,migrationWorker}.ts',
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

/** @returns whether there is a kept build; another start may remove it meanwhile */
function restore(kept: string, folder: string): boolean {
  rmSync(folder, { recursive: true, force: true })
  try {
    cpSync(kept, folder, { recursive: true })
    return true
  } catch {
    return false
  }
}

/** Returns a hash of all that a build is made from. */
export function hashSources(root: string): string {
  const hash = createHash('sha256')
  for (const path of globSync(SOURCES, { cwd: root }).toSorted()) {
    const content = readFileSync(join(root, path))
    hash.update(`${path} ${content.length}\n`).update(content)
  }
  return hash.digest('hex')
}

/** Keeps a copy of a build in place of those of other sources. If it fails, starts are only slower. */
function keep(folder: string, kept: string): void {
  const copy = `${kept}.${process.pid}`
  try {
    mkdirSync(KEPT, { recursive: true })
    for (const other of readdirSync(KEPT)) {
      rmSync(join(KEPT, other), { recursive: true, force: true })
    }
    cpSync(folder, copy, { recursive: true })
    // So that another start sees all of it or nothing.
    renameSync(copy, kept)
  } catch {
    // The folder cannot be written, or another start has kept the same build.
    rmSync(copy, { recursive: true, force: true })
  }
}
