/**
 * Generates a client with @hey-api/openapi-ts, as users of another generator than ours do:
 * `node scripts/openapi/heyApi.ts FOLDER`. A test compiles and uses it.
 */
import { writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { loadDocument } from './document.ts'

const folder = process.argv[2]!
const input = join(folder, 'openapi.json')
writeFileSync(input, JSON.stringify(await loadDocument()))

// npm installs the generator beside TypeScript 7, which does not have the API that it needs.
const typescript = import.meta.resolve('typescript')
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'typescript'
      ? { url: typescript, format: 'commonjs', shortCircuit: true }
      : next(specifier, context),
})
const { createClient } = await import('@hey-api/openapi-ts')
await createClient({
  input,
  output: { path: join(folder, 'client'), module: { extension: '.js' } },
  logs: { level: 'silent' },
  plugins: ['@hey-api/client-fetch'],
})
