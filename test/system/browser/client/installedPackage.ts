/** Installs the package @reelqueue/client into an empty project, beside the examples. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { inject } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..', '..', '..')
/** What an application that uses the package has by itself. */
const PEERS = [
  'react',
  'react-dom',
  '@types/react',
  '@types/react-dom',
  '@types/node',
  '@cloudflare/workers-types',
  'esbuild',
  'hls.js',
]

export interface InstalledPackage {
  /** The folder of the project. Its folder `examples` is that of the repository. */
  project: string
  /** The built package, as it is published. */
  built: string
  /** Runs a program of the repository's packages in a folder of the project; returns its output. */
  run: (folder: string, program: string, ...args: string[]) => string
}

export function installPackage(): InstalledPackage {
  const project = mkdtempSync(join(inject('stateDirs'), 'project-'))
  const built = join(project, 'built')
  const execute = (cwd: string, program: string, args: string[]) =>
    execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })

  execute(ROOT, process.execPath, [join(ROOT, 'scripts', 'clientPackage.ts'), built])
  const pack = (folder: string) => [
    'pack',
    '--ignore-scripts',
    '--pack-destination',
    project,
    folder,
  ]
  execute(project, 'npm', pack(built))
  // From a file, so that no registry is needed.
  execute(project, 'npm', pack(join(ROOT, 'node_modules', 'eventsource-parser')))
  const tarballs = readdirSync(project).filter((name) => name.endsWith('.tgz'))
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }')
  const flags = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund']
  execute(project, 'npm', ['install', ...flags, ...tarballs.map((name) => `./${name}`)])

  for (const name of PEERS) {
    const link = join(project, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules', name), link)
  }
  cpSync(join(ROOT, 'examples'), join(project, 'examples'), { recursive: true })
  return {
    project,
    built,
    run: (folder, program, ...args) =>
      execute(join(project, folder), join(ROOT, 'node_modules', '.bin', program), args),
  }
}
