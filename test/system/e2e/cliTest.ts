/** The command line, installed from its package, beside a running system. */
import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeClip } from '../fixtures/media.ts'
import { API_KEY } from '../fixtures/system.ts'
import { systemTest } from '../fixtures/systemTest.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..')

/** Builds and packs the package, and installs it in an empty project. Returns its program. */
function installCli(folder: string): string {
  const built = join(folder, 'built')
  const execute = (program: string, ...args: string[]) =>
    execFileSync(program, args, { cwd: folder, encoding: 'utf8' })
  execute(process.execPath, join(ROOT, 'scripts', 'cli.mjs'), built)
  const tarball = execute('npm', 'pack', '--silent', built).trim()
  writeFileSync(join(folder, 'package.json'), '{ "private": true }')
  execute('npm', 'install', '--silent', '--offline', '--no-audit', '--no-fund', `./${tarball}`)
  return join(folder, 'node_modules', '.bin', 'reelqueue')
}

/** Returns a `test` whose fixture `cli` runs commands in a folder with a file clip.mp4. */
export function cliTest() {
  return systemTest().extend('cli', { scope: 'file' }, ({ system }) => {
    const folder = mkdtempSync(join(system.stateDir, 'cli-'))
    const project = join(folder, 'project')
    mkdirSync(project)
    const program = installCli(project)
    writeFileSync(join(folder, 'clip.mp4'), makeClip({ size: '320x180', seconds: 1 }))
    const env: Record<string, string> = {
      PATH: process.env.PATH!,
      REELQUEUE_CONFIG: join(folder, 'config.json'),
      REELQUEUE_URL: system.url,
      REELQUEUE_API_KEY: API_KEY,
    }
    /** Runs a command in the folder. @param changes changes of the environment */
    function run(args: string[], { input = '', without = '', changes = {} } = {}) {
      const { [without]: _, ...rest }: Record<string, string> = { ...env, ...changes }
      return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
        const options = { cwd: folder, env: rest }
        const child = execFile(program, args, options, (error, out, err) =>
          resolve({ code: error ? Number(error.code) : 0, stdout: out, stderr: err }),
        )
        child.stdin!.end(input)
      })
    }
    return { folder, program, env, run }
  })
}
