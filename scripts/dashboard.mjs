/**
 * Builds the pages (the dashboard, the API reference, the player) into dist/dashboard, or into the
 * folder in the argument. wrangler.toml has wrangler run it before a build of the Worker.
 *
 * Several builds can write to one folder at the same time: equal sources make equal files, and each
 * file is replaced as a whole.
 */
import { build } from 'esbuild'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const SOURCE = join(ROOT, 'src')
/** Each page: a file of HTML, a script and a style. Its address is its name; `index` is at `/`. */
const PAGES = [
  { name: 'index', folder: 'dashboard', script: 'main.tsx', asset: 'main' },
  { name: 'docs', folder: 'reference', script: 'main.ts', asset: 'docs' },
  { name: 'embed', folder: 'embed', script: 'main.ts', asset: 'embed' },
]
const folder = process.argv[2] ?? join(ROOT, 'dist', 'dashboard')
const assets = join(folder, 'assets')

/** @param {string} path @param {Uint8Array} content */
function replaceFile(path, content) {
  const written = `${path}.${process.pid}`
  writeFileSync(written, content)
  renameSync(written, path)
}

const { outputFiles } = await build({
  entryPoints: PAGES.flatMap((page) => [
    { in: join(SOURCE, page.folder, page.script), out: page.asset },
    { in: join(SOURCE, page.folder, 'style.css'), out: page.asset },
  ]),
  outdir: assets,
  write: false,
  bundle: true,
  splitting: true,
  format: 'esm',
  minify: true,
  jsx: 'automatic',
  jsxImportSource: 'preact',
  target: 'es2022',
  // Names of packages can have characters that are not served.
  chunkNames: 'part-[hash]',
  logLevel: 'warning',
})
mkdirSync(assets, { recursive: true })
for (const { path, contents } of outputFiles) {
  replaceFile(path, contents)
}
for (const page of PAGES) {
  const html = readFileSync(join(SOURCE, page.folder, 'index.html'))
  replaceFile(join(folder, `${page.name}.html`), html)
}
const names = outputFiles.map(({ path }) => basename(path))
for (const old of readdirSync(assets)) {
  if (/\.(js|css)$/.test(old) && !names.includes(old)) {
    rmSync(join(assets, old), { force: true })
  }
}
