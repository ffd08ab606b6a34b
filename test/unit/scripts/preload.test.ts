import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'

const SCRIPT = join(import.meta.dirname, '..', '..', '..', 'scripts', 'preload.mjs')
const root = mkdtempSync(join(tmpdir(), 'preload-'))
afterAll(() => rmSync(root, { recursive: true }))

const programs = join(root, 'programs')
mkdirSync(programs)
for (const name of ['ffmpeg', 'ffprobe']) {
  writeFileSync(join(programs, name), '#!/bin/sh\nprintf "%s|" ${0##*/} "$@"\n')
  chmodSync(join(programs, name), 0o755)
}

/** Returns the PATH that a process with this cache and PATH gets. */
function preload(cache: string, path: string): string {
  const print = `import(${JSON.stringify(SCRIPT)}).then((it) => process.stdout.write(it.preloadFfmpeg()))`
  const env = { XDG_CACHE_HOME: cache, PATH: path }
  return spawnSync(process.execPath, ['-e', print], { env, encoding: 'utf8' }).stdout
}

it.runIf(process.platform === 'linux')('the scripts run the programs of the PATH', () => {
  const path = `${programs}:/usr/bin:/bin`
  const found = preload(join(root, 'cache'), path)
  expect(found).toMatch(/\/cache\/reelqueue\/preload-[0-9a-f]{16}:/)
  expect(found.endsWith(`:${path}`)).toBe(true)
  for (const name of ['ffmpeg', 'ffprobe']) {
    const run = spawnSync(name, ['-i', 'a b'], { env: { PATH: found }, encoding: 'utf8' })
    expect(run.stdout).toBe(`${name}|-i|a b|`)
  }
  // The folder is found the next time.
  expect(preload(join(root, 'cache'), path)).toBe(found)
  expect(preload(join(root, 'cache'), found)).toBe(found)
})

it('the PATH stays the same without ffmpeg, or with a cache that cannot be written', () => {
  expect(preload(join(root, 'cache'), '/nothing')).toBe('/nothing')
  expect(preload('/dev/null/cache', programs)).toBe(programs)
})
