/**
 * `npm run build:cli`: builds the command line as the package `reelqueue` into dist/cli, or into the
 * folder in the argument. `npm publish dist/cli` publishes it.
 *
 * All modules are bundled into one file that Node.js 20 can run. The package has no dependencies, so
 * `npx reelqueue` downloads one package.
 */
import { build } from 'esbuild'
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeLinksAbsolute } from './absoluteLinks.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PROGRAM = 'reelqueue.mjs'

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = resolve(process.argv[2] ?? join(ROOT, 'dist', 'cli'))
  await buildCli(folder)
  console.log(`Built the package reelqueue in ${folder}`)
}

/**
 * Builds the package. Several builds can write to one folder at the same time: each file is replaced
 * as a whole.
 *
 * @param {string} [folder]
 * @returns {Promise<string>} the program
 */
export async function buildCli(folder = join(ROOT, 'dist', 'cli')) {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [join(ROOT, 'src', 'cli', 'main.ts')],
    outfile: PROGRAM,
    write: false,
    metafile: true,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    define: { VERSION: JSON.stringify(manifest.version) },
    banner: {
      // commander is a CommonJS package, and requires modules of Node.js.
      js: `#!/usr/bin/env node\nimport { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)`,
    },
    logLevel: 'warning',
  })
  mkdirSync(folder, { recursive: true })
  const program = join(folder, PROGRAM)
  replaceFile(program, outputFiles[0].contents, 0o755)
  replaceFile(
    join(folder, 'package.json'),
    `${JSON.stringify(createManifest(manifest), null, 2)}\n`,
  )
  const readme = makeLinksAbsolute(readFileSync(join(ROOT, 'docs', 'cli.md'), 'utf8'))
  replaceFile(join(folder, 'README.md'), readme)
  replaceFile(join(folder, 'LICENSE'), readFileSync(join(ROOT, 'LICENSE')))
  replaceFile(join(folder, 'THIRD-PARTY-LICENSES'), collectLicenses(Object.keys(metafile.inputs)))
  return program
}

function replaceFile(path, content, mode = 0o644) {
  const written = `${path}.${process.pid}`
  writeFileSync(written, content, { mode })
  renameSync(written, path)
}

function createManifest({ version, homepage, bugs, repository, license }) {
  return {
    name: 'reelqueue',
    version,
    description: 'Command line of Reelqueue, a video processing queue.',
    keywords: ['reelqueue', 'video', 'transcoding', 'ffmpeg', 'cli'],
    homepage,
    bugs,
    repository: { ...repository, directory: 'src/cli' },
    license,
    type: 'module',
    engines: { node: '>=20.12' },
    bin: { reelqueue: PROGRAM },
    files: [PROGRAM, 'THIRD-PARTY-LICENSES'],
  }
}

/** The licenses of the bundled packages require that their texts are distributed too. */
function collectLicenses(inputs) {
  const folders = new Set(
    inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
  )
  return [...folders]
    .sort((a, b) => (a < b ? -1 : 1))
    .map((folder) => {
      const { name, version, license } = JSON.parse(
        readFileSync(join(ROOT, folder, 'package.json'), 'utf8'),
      )
      const file = readdirSync(join(ROOT, folder)).find((each) => /^licen[cs]e/i.test(each))
      const text = file ? readFileSync(join(ROOT, folder, file), 'utf8').trim() : ''
      return `${name} ${version} (${license})\n\n${text}\n`
    })
    .join(`\n${'-'.repeat(80)}\n\n`)
}
