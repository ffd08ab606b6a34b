/** The scripts ask for ffmpeg only if the program that they run starts it. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const SCRIPTS = join(import.meta.dirname, '..', '..', '..', 'scripts')
const FILES = [
  'deploy.mjs',
  'prepareStart.mjs',
  'preload.mjs',
  'setup.mjs',
  'start.sh',
  'test.mjs',
  'with-node24.mjs',
]

describe('without ffmpeg on the PATH', () => {
  let root: string
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'reelqueue-scripts-'))
    for (const name of FILES) {
      cpSync(join(SCRIPTS, name), join(root, 'scripts', name))
    }
    write('package.json', '{"type": "module"}')
    write('package-lock.json', '{"packages": {}}')
    write('node_modules/.package-lock.json', '{"packages": {}}')
    for (const program of ['scripts/deploy.ts', 'scripts/start.ts', 'vitest/vitest.mjs']) {
      const path = program.startsWith('vitest') ? join('node_modules', program) : program
      write(path, 'console.log("The program ran.")')
    }
    for (const folder of ['node_modules/node/bin', 'node_modules/.bin']) {
      mkdirSync(join(root, folder), { recursive: true })
      symlinkSync(process.execPath, join(root, folder, 'node'))
    }
  })
  afterAll(() => rmSync(root, { recursive: true }))

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }

  function run(script: string, env: Record<string, string>): string {
    const [name, ...args] = script.split(' ')
    const [interpreter, file] = name === 'start' ? ['/bin/sh', 'start.sh'] : ['node', `${name}.mjs`]
    const path = join(root, 'node_modules', '.bin')
    const options = { encoding: 'utf8' as const, env: { PATH: path, ...env } }
    const program = join(root, 'scripts', file!)
    const { stdout, stderr } = spawnSync(interpreter!, [program, ...args], options)
    return stdout + stderr
  }

  it.each<[string, Record<string, string>]>([
    ['deploy', {}],
    ['deploy --containers-rollout=none', {}],
    ['start', { RUNNERS: '0' }],
    ['start --dev', { RUNNERS: '00' }],
    ['test --project unit', {}],
    ['test --project=worker', {}],
  ])('%s (with %j) runs', (script, env) => {
    expect(run(script, env)).toBe('The program ran.\n')
  })

  it.each<[string, Record<string, string>]>([
    ['start', {}],
    ['start', { RUNNERS: '' }],
    ['start', { RUNNERS: '2' }],
    ['test --project runner', {}],
    ['test --project unit --project e2e', {}],
  ])('%s (with %j) says that ffmpeg is missing', (script, env) => {
    expect(run(script, env)).toBe(
      'ffmpeg or ffprobe is not on the PATH. Install ffmpeg, then try again.\n',
    )
  })
})
