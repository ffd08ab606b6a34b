/**
 * Checks that the migrations match the schema: `drizzle-kit generate` must produce no migration.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const MIGRATIONS = 'src/db/migrations'

export function checkMigrations(): { ok: boolean; output: string } {
  // Inside the repository, because drizzle-kit only accepts paths relative to the working
  // directory.
  const copy = mkdtempSync(join(ROOT, 'node_modules', '.migrations-'))
  const out = join(copy, 'out')
  try {
    cpSync(join(ROOT, MIGRATIONS), out, { recursive: true })
    const config = join(copy, 'drizzle.config.ts')
    const base = JSON.stringify(join(ROOT, 'drizzle.config.ts'))
    const outPath = JSON.stringify(`./${relative(ROOT, out)}`)
    writeFileSync(config, `import base from ${base}\nexport default { ...base, out: ${outPath} }\n`)
    const before = listFiles(out)
    const { status, stdout, stderr } = spawnSync(
      join(ROOT, 'node_modules', '.bin', 'drizzle-kit'),
      ['generate', `--config=${relative(ROOT, config)}`],
      // Standard input is closed, so that a question (was this column renamed?) fails the check.
      { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    )
    if (status !== 0) {
      return { ok: false, output: `${stdout}${stderr}` }
    }
    const generated = listFiles(out).filter((name) => !before.includes(name))
    return {
      ok: generated.length === 0,
      output: `The schema differs from the migrations in ${MIGRATIONS}. drizzle-kit would generate:\n${generated.join('\n')}`,
    }
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

function listFiles(folder: string) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
}
