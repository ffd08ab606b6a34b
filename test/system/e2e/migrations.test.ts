/** The migrations that `npm start` applies. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, expect, inject, test } from 'vitest'
import { findFreePort } from '../fixtures/freePort.ts'
import { runStartProgram, type StartProgram } from '../fixtures/startProgram.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..')
const MIGRATIONS = readdirSync(join(ROOT, 'src/db/migrations'))
  .filter((name) => name.endsWith('.sql'))
  .toSorted()

let running: StartProgram | undefined
afterEach(() => stop())

async function start(stateDir: string): Promise<StartProgram> {
  const port = String(await findFreePort())
  return (running = runStartProgram({ PORT: port, RUNNERS: '0', STATE_DIR: stateDir }))
}

async function stop(): Promise<void> {
  running?.kill('SIGTERM')
  await running?.exited
}

function makeStateDir(): string {
  return mkdtempSync(join(inject('stateDirs'), 'state-'))
}

function openDatabase(stateDir: string): DatabaseSync {
  const folder = join(stateDir, 'v3/d1/miniflare-D1DatabaseObject')
  const [file] = readdirSync(folder).filter((name) => /^[0-9a-f]+\.sqlite$/.test(name))
  return new DatabaseSync(join(folder, file!))
}

function listApplied(db: DatabaseSync): unknown[] {
  return db
    .prepare('SELECT name FROM d1_migrations ORDER BY id')
    .all()
    .map(({ name }) => name)
}

test('a start applies every migration once, and wrangler sees none that is left', async () => {
  const stateDir = makeStateDir()
  for (let round = 0; round < 2; round++) {
    expect(await (await start(stateDir)).isReady()).toBe(true)
    await stop()
    const db = openDatabase(stateDir)
    expect(listApplied(db)).toEqual(MIGRATIONS)
    db.close()
  }

  const list = ['d1', 'migrations', 'list', 'DB', '--local', '--persist-to', stateDir]
  const { stdout } = spawnSync('wrangler', list, { cwd: ROOT, encoding: 'utf8' })
  expect(stdout).toContain('No migrations to apply')
})

test('a migration that fails ends the start with its name, and changes nothing', async () => {
  const stateDir = makeStateDir()
  expect(await (await start(stateDir)).isReady()).toBe(true)
  await stop()
  const db = openDatabase(stateDir)
  db.exec(`DELETE FROM d1_migrations WHERE name = '${MIGRATIONS[0]}'`)
  const before = db.prepare('SELECT name, sql FROM sqlite_master ORDER BY name').all()

  const program = await start(stateDir)
  expect(await program.exited).toBe(1)
  expect(program.output()).toMatch(
    new RegExp(`^The migration ${MIGRATIONS[0]} failed: .*already exists`, 'm'),
  )
  expect(listApplied(db)).toEqual(MIGRATIONS.slice(1))
  expect(db.prepare('SELECT name, sql FROM sqlite_master ORDER BY name').all()).toEqual(before)
  db.close()
})
