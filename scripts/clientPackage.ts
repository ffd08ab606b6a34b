/**
 * `npm run build:client`: builds the package @reelqueue/client into dist/client, or into the folder
 * in the argument. `npm publish dist/client` publishes it.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { makeLinksAbsolute } from './absoluteLinks.mjs'

interface RootManifest {
  version: string
  homepage: string
  bugs: string
  license: string
  repository: { type: string; url: string }
  dependencies: Record<string, string>
}

const ROOT = join(import.meta.dirname, '..')
/** Heading in docs/client.md from which on the page is for developers of this repository. */
const README_END = '\n## In this repository\n'

const folder = resolve(process.argv[2] ?? join(ROOT, 'dist', 'client'))
const root = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as RootManifest

rmSync(folder, { recursive: true, force: true })
compile()
writeFileSync(join(folder, 'package.json'), `${JSON.stringify(createManifest(), null, 2)}\n`)
writeFileSync(join(folder, 'README.md'), createReadme())
copyFileSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'))
console.log(`Built @reelqueue/client ${root.version} in ${folder}`)

/** One module for each source file, so that bundlers take what a page uses. */
function compile(): void {
  const project = join(ROOT, 'src', 'client', 'tsconfig.json')
  const options = '--noEmit false --declaration --rewriteRelativeImportExtensions --target es2022'
  const tsc = join(ROOT, 'node_modules', '.bin', 'tsc')
  const args = ['--project', project, '--outDir', folder, ...options.split(' ')]
  const { status } = spawnSync(tsc, args, { stdio: 'inherit' })
  if (status !== 0) {
    throw new Error('The client could not be compiled.')
  }
  // The compiler rewrites the extensions of imports in modules only.
  for (const path of globSync('**/*.d.ts', { cwd: folder })) {
    const file = join(folder, path)
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replaceAll(/(from '\.[^']*)\.ts'/g, "$1.js'"))
  }
}

function createManifest() {
  const { version, homepage, bugs, license, repository, dependencies } = root
  const entry = (path: string) => ({ types: `./${path}.d.ts`, default: `./${path}.js` })
  return {
    name: '@reelqueue/client',
    version,
    description: 'Typed client of Reelqueue, a video processing queue, with React hooks.',
    keywords: ['reelqueue', 'video', 'transcoding', 'upload', 'server-sent-events', 'react'],
    homepage,
    bugs,
    repository: { ...repository, directory: 'src/client' },
    license,
    type: 'module',
    sideEffects: false,
    engines: { node: '>=20' },
    exports: {
      '.': entry('index'),
      './react': entry('react/index'),
      './package.json': './package.json',
    },
    files: ['**/*.js', '**/*.d.ts'],
    dependencies: { 'eventsource-parser': `^${dependencies['eventsource-parser']}` },
    peerDependencies: { react: '>=18' },
    peerDependenciesMeta: { react: { optional: true } },
  }
}

/** Returns the part of docs/client.md for users of the package. */
function createReadme(): string {
  const [guide] = readFileSync(join(ROOT, 'docs', 'client.md'), 'utf8').split(README_END)
  return makeLinksAbsolute(`${guide}`).replace('# Typed client', '# @reelqueue/client')
}
