/** Builds the page into dist/, which the Worker of ../worker serves. */
import { build } from 'esbuild'
import { copyFileSync } from 'node:fs'

await build({
  entryPoints: ['main.tsx'],
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  minify: true,
  jsx: 'automatic',
  target: 'es2022',
  define: { 'process.env.NODE_ENV': '"production"' },
})
copyFileSync('index.html', 'dist/index.html')
