/** The bundle that is deployed contains no secret of the machine that deploys it. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'bundle-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const PLANTED = {
  API_KEY: 'planted-api-key-51d0',
  RUNNER_TOKEN: 'planted-runner-token-9b2e',
  SIGNING_KEYS: `k1:planted-signing-secret-${'s'.repeat(32)}`,
}

test('the bundle contains no planted secret and no API key', () => {
  const secrets = join(folder, 'secrets.env')
  writeFileSync(
    secrets,
    Object.entries(PLANTED)
      .map((pair) => `${pair.join('=')}\n`)
      .join(''),
  )
  const out = join(folder, 'out')
  const { status, stdout, stderr } = spawnSync(
    join(ROOT, 'node_modules', '.bin', 'wrangler'),
    ['deploy', '--dry-run', '--containers-rollout=none', '--env-file', secrets, '--outdir', out],
    {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, ...PLANTED, CI: '1', WRANGLER_SEND_METRICS: 'false' },
    },
  )
  expect(status, `${stdout}${stderr}`).toBe(0)
  const files = readdirSync(out, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
  const all = [...files, stdout, stderr].join('\n')
  // Control: the files contain the code of the Worker.
  expect(all).toContain('/queue/events/token')
  for (const secret of Object.values(PLANTED)) {
    expect(all).not.toContain(secret)
  }
  expect(all).not.toMatch(/rq_[A-Za-z0-9_-]{32,}/)
})
