/** Checks that the migrations match the schema: `drizzle-kit generate` must find nothing to do. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const MIGRATIONS = 'src/db/migrations'

export function checkMigrations(): { ok: boolean; output: string } {
  // In the repository, as drizzle-kit takes paths from the working folder only.
  const copy = mkdtempSync(join(ROOT, 'node_modules', '.migrations-'))
  const out = join(copy, 'out')
  try {
    cpSync(join(ROOT, MIGRATIONS), out, { recursive: true })
    const config = join(copy, 'drizzle.config.ts')
    const own = JSON.stringify(join(ROOT, 'drizzle.config.ts'))
    const changed = JSON.stringify(`./${relative(ROOT, out)}`)
    writeFileSync(config, `import own from ${own}\nexport default { ...own, out: ${changed} }\n`)
    const before = files(out)
    const { status, stdout, stderr } = spawnSync(
      join(ROOT, 'node_modules', '.bin', 'drizzle-kit'),
      ['generate', `--config=${relative(ROOT, config)}`],
      // Standard input is closed: a question (was this column renamed?) is an answer too.
      { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    )
    if (status !== 0) {
      return { ok: false, output: `${stdout}${stderr}` }
    }
    const made = files(out).filter((name) => !before.includes(name))
    return {
      ok: made.length === 0,
      output: `The schema says more than ${MIGRATIONS}. Generating would make:\n${made.join('\n')}`,
    }
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

function files(folder: string) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
}
