/**
 * Makes ffmpeg start faster for the tests, which start it thousands of times, and for the runners of
 * `npm start`. The image of the container does the same in its Dockerfile.
 *
 * At each start the loader looks for 40,000 symbols in 200 libraries, in the order in which they are
 * loaded. If it loads those with the most used symbols first, a start takes 46 ms of processor time
 * instead of 67.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { findProgram } from './setup.mjs'

export const PROGRAMS = ['ffmpeg', 'ffprobe']
export const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'reelqueue')
const MIN_USES = 150

/**
 * Puts shell scripts named `ffmpeg` and `ffprobe` into a folder of the cache, which preload these
 * libraries. Returns the PATH with that folder first; the PATH as it is on other systems than Linux, and
 * if its programs are such scripts already.
 */
export function preloadFfmpeg() {
  const path = process.env.PATH ?? ''
  const programs = PROGRAMS.map(findProgram)
  const isPrepared = programs.some((program) => program?.startsWith(join(CACHE, '/')))
  if (process.platform !== 'linux' || programs.includes(undefined) || isPrepared) {
    return path
  }
  const folder = join(CACHE, `preload-${identify(programs)}`)
  if (!existsSync(folder)) {
    const libraries = listByUse(programs[0], ['-version'])
    try {
      createFolder(folder, (work) => {
        for (const [index, name] of PROGRAMS.entries()) {
          writeScript(work, name, `LD_PRELOAD='${libraries.join(':')}' exec '${programs[index]}'`)
        }
      })
    } catch {
      // The cache cannot be written. The tests only take longer.
      return path
    }
  }
  return [folder, path].join(delimiter)
}

/** Another version of ffmpeg has other libraries. */
function identify(programs) {
  const hash = createHash('sha256').update(String(MIN_USES))
  for (const program of programs) {
    const { size, mtimeMs } = statSync(program)
    hash.update(`${program} ${realpathSync(program)} ${size} ${mtimeMs}\n`)
  }
  return hash.digest('hex').slice(0, 16)
}

/**
 * Lists the libraries of which a program and its libraries use many symbols, the most used first.
 * The list is empty if the loader is not that of glibc.
 */
export function listByUse(program, args) {
  const { stderr } = spawnSync(program, args, {
    env: { LD_DEBUG: 'bindings' },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 ** 2,
  })
  const uses = new Map()
  for (const [, library] of stderr.matchAll(/ to (\/\S+) \[0\]: normal symbol/g)) {
    uses.set(library, (uses.get(library) ?? 0) + 1)
  }
  return [...uses]
    .filter(([, count]) => count > MIN_USES)
    .toSorted(([, a], [, b]) => b - a)
    .map(([library]) => library)
}

/** Writes the shell script that stands for a program. */
export function writeScript(folder, name, command) {
  writeFileSync(join(folder, name), `#!/bin/sh\n${command} "$@"\n`, { mode: 0o755 })
}

/** Creates a folder of the cache. `fill` fills another one, which then appears as a whole. */
export function createFolder(folder, fill) {
  mkdirSync(CACHE, { recursive: true })
  const work = mkdtempSync(`${folder}-`)
  try {
    fill(work)
    renameSync(work, folder)
  } catch (error) {
    rmSync(work, { recursive: true, force: true })
    // Another process may have created it meanwhile.
    if (!existsSync(folder)) {
      throw error
    }
  }
}
