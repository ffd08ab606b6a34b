/**
 * Builds the dashboard into dist/dashboard, or into the folder in the argument. wrangler.toml has
 * wrangler run it before a build of the Worker.
 *
 * Several builds can write to one folder at the same time: equal sources make equal files, and each
 * file is replaced as a whole.
 */
import { build } from 'esbuild'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const SOURCE = join(ROOT, 'src', 'dashboard')
const folder = process.argv[2] ?? join(ROOT, 'dist', 'dashboard')
const assets = join(folder, 'assets')

/** @param {string} path @param {Uint8Array} content */
function replaceFile(path, content) {
  const written = `${path}.${process.pid}`
  writeFileSync(written, content)
  renameSync(written, path)
}

const { outputFiles } = await build({
  entryPoints: [
    { in: join(SOURCE, 'main.tsx'), out: 'main' },
    { in: join(SOURCE, 'style.css'), out: 'main' },
  ],
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
replaceFile(join(folder, 'index.html'), readFileSync(join(SOURCE, 'index.html')))
const names = outputFiles.map(({ path }) => basename(path))
for (const old of readdirSync(assets)) {
  if (/\.(js|css)$/.test(old) && !names.includes(old)) {
    rmSync(join(assets, old), { force: true })
  }
}
