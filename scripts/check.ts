/**
 * `npm run check`: every check that does not execute the code. Each step runs even if an earlier
 * one failed; only failed steps print their output. An argument selects steps by the start of their
 * name: `node scripts/check.ts lint`.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { checkBundle } from './bundle.ts'
import { checkMigrations } from './migrations.ts'

interface Outcome {
  ok: boolean
  output: string
}
interface Step {
  name: string
  fix: string
  run: () => Outcome
}

const BIN = join(import.meta.dirname, '..', 'node_modules', '.bin')

/**
 * Each runtime has a tsconfig: code of the Worker cannot use globals of Node.js, and shared code
 * can use the globals of neither.
 */
const tsconfigs = globSync('{.,src/**,container,test/**,scripts,examples/*}/tsconfig.json').sort()

const steps: Step[] = [
  {
    // First, because the examples are checked with its types.
    name: 'package of the client',
    fix: 'correct src/client or scripts/clientPackage.ts',
    run: () => node('scripts/clientPackage.ts'),
  },
  ...tsconfigs.map((tsconfig) => ({
    name: `types of ${dirname(tsconfig) === '.' ? 'src' : dirname(tsconfig)}`,
    fix: 'correct the errors above',
    run: () => tool('tsc', '--project', tsconfig),
  })),
  {
    name: 'lint',
    fix: 'the rules are in oxlint.config.ts; "npx oxlint --fix" corrects some of them',
    run: () =>
      tool('oxlint', '--type-aware', '--deny-warnings', '--report-unused-disable-directives'),
  },
  { name: 'format', fix: 'npm run format', run: () => tool('prettier', '--check', '.') },
  {
    name: 'unused code',
    fix: 'remove the unused code, or add it to knip.jsonc with the reason',
    run: () => tool('knip'),
  },
  {
    name: 'migrations match the schema',
    fix: 'npx drizzle-kit generate, and commit the created files',
    run: checkMigrations,
  },
  {
    name: 'bindings match wrangler.toml',
    fix: 'npm run types, and commit src/worker-configuration.d.ts',
    run: () => tool('wrangler', 'types', 'src/worker-configuration.d.ts', '--check'),
  },
  {
    name: 'types of the client match the API',
    fix: 'npm run generate, and commit src/client/generated',
    run: () => node('scripts/openapi/generate.ts', '--check'),
  },
  {
    name: 'OpenAPI document',
    fix: 'correct the descriptions of the routes',
    run: () => node('scripts/openapi/lint.ts'),
  },
  {
    name: 'deploy (dry run)',
    fix: 'correct wrangler.toml, or reduce the bundle',
    run: checkBundle,
  },
]

function tool(name: string, ...args: string[]): Outcome {
  const program = join(BIN, name)
  if (!existsSync(program)) {
    return { ok: false, output: `${name} is not installed. Run npm ci.` }
  }
  return execute(program, ...args)
}

function node(...args: string[]): Outcome {
  return execute(process.execPath, ...args)
}

function execute(program: string, ...args: string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  return { ok: status === 0, output: `${stdout}${stderr}`.trim() }
}

const wanted = process.argv.slice(2)
const selected = steps.filter(
  ({ name }) => wanted.length === 0 || wanted.some((start) => name.startsWith(start)),
)

const failed = selected.filter(({ name, fix, run }) => {
  const began = performance.now()
  const { ok, output } = run()
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(
    ok
      ? `ok      ${name} (${seconds} s)`
      : `FAILED  ${name} (${seconds} s)\n\n${output}\n\n  To do: ${fix}\n`,
  )
  return !ok
})
console.log(
  failed.length === 0
    ? 'All checks passed.'
    : `${failed.length} of ${selected.length} checks failed: ${failed.map(({ name }) => name).join(', ')}`,
)
process.exitCode = failed.length === 0 ? 0 : 1
