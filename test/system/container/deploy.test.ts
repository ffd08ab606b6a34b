/** `npm run deploy` against a simulated wrangler that records its calls. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..', '..')
const folders: string[] = []
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })))

/** @param failingCalls wrangler commands that begin with one of these texts fail */
function deploy(
  failingCalls: string[],
  args: string[] = [],
  reason = 'It was not found',
  dockerStatus = 0,
  env: Record<string, string> = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'reelqueue-deploy-test-'))
  folders.push(folder)
  const calls = join(folder, 'calls')
  const copy = join(folder, 'secrets')
  const cases = failingCalls.map((call) => `"${call}"*) echo '${reason}' >&2; exit 1;;`).join('\n')
  writeFileSync(
    join(folder, 'wrangler'),
    `#!/bin/sh
echo "$*" >> ${calls}
case "$*" in
${cases}
"secret list"*) echo '[{"name":"API_KEY"}]';;
*--secrets-file*) cp "$3" ${copy};;
esac
exit 0
`,
    { mode: 0o755 },
  )
  writeFileSync(join(folder, 'docker'), `#!/bin/sh\nexit ${dockerStatus}\n`, { mode: 0o755 })
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'scripts/deploy.ts'), ...args],
    {
      encoding: 'utf8',
      env: {
        ...process.env,
        PATH: [folder, process.env['PATH']].join(delimiter),
        WRANGLER_DOCKER_BIN: join(folder, 'docker'),
        ...env,
      },
    },
  )
  const read = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '')
  const commands = read(calls)
    .split('\n')
    .map((line) =>
      line
        .replace(/(?: --env=)? --config \S+$/, '')
        .replace(/--secrets-file \S+/, '--secrets-file'),
    )
    .filter((line) => line !== '')
  return { status, output: stdout + stderr, calls: commands, secrets: read(copy) }
}
function changes({ calls }: { calls: string[] }) {
  return calls.filter((call) => !/ info |^whoami|^secret list/.test(call))
}

test('the first deploy creates every resource and an API key', () => {
  const infos = ['r2 bucket info', 'd1 info', 'queues info', 'secret list']
  const first = deploy(infos)
  expect(first.status, first.output).toBe(0)
  expect(changes(first)).toEqual([
    'r2 bucket create reelqueue-originals',
    'r2 bucket create reelqueue-variants',
    'd1 create reelqueue',
    'queues create reelqueue-tickets',
    'queues create reelqueue-tickets-dead',
    'queues create reelqueue-webhooks',
    'queues create reelqueue-bucket-events',
    'queues create reelqueue-bucket-events-dead',
    'queues create reelqueue-imports',
    'd1 migrations apply DB --remote',
    'deploy --secrets-file',
  ])
  const [, key] = /^API_KEY=(rq_[\w-]{32})$/m.exec(first.secrets)!
  expect(first.output).toContain(key)
})

test('a later deploy migrates and deploys, and keeps the API key', () => {
  const later = deploy([], ['--message', 'again'])
  expect(later.status, later.output).toBe(0)
  expect(changes(later)).toEqual(['d1 migrations apply DB --remote', 'deploy --message again'])
})

test('nothing is deployed when the migration fails', () => {
  const failed = deploy(['d1 migrations'])
  expect(failed.status).toBe(1)
  expect(changes(failed)).toEqual(['d1 migrations apply DB --remote'])
  const command = 'npx wrangler d1 migrations apply DB --remote --env= --config'
  expect(failed.output).toContain(`${command} ${join(ROOT, 'wrangler.toml')}`)
})

test('an API key is not replaced when the secrets cannot be listed', () => {
  const failed = deploy(['secret list'], [], 'The network is down')
  expect(failed.status).toBe(1)
  expect(changes(failed)).toEqual(['d1 migrations apply DB --remote'])
})

test('without a login the command to log in is printed', () => {
  const loggedOut = deploy(['whoami'])
  expect([loggedOut.status, loggedOut.calls]).toEqual([1, ['whoami --json']])
  expect(loggedOut.output).toMatch(/It was not found[^]*npx wrangler login/)
})

test('without Docker the way to deploy only the Worker is printed', () => {
  const failed = deploy([], [], '', 1)
  expect([failed.status, failed.calls]).toEqual([1, ['whoami --json']])
  expect(failed.output).toContain('npm run deploy -- --containers-rollout=none')
})

test.each([[['--containers-rollout=none']], [['--containers-rollout', 'none']]])(
  'with %j Docker is not needed',
  (args) => {
    const deployed = deploy([], args, '', 1)
    expect(deployed.status, deployed.output).toBe(0)
    expect(changes(deployed).at(-1)).toBe(`deploy ${args.join(' ')}`)
  },
)

test('a dry run creates nothing, and prints what it would create', () => {
  const infos = ['r2 bucket info', 'd1 info', 'queues info', 'secret list']
  const rehearsed = deploy(infos, ['--dry-run', '--outdir', 'out'])
  expect(rehearsed.status, rehearsed.output).toBe(0)
  expect(changes(rehearsed)).toEqual(['deploy --outdir out --dry-run'])
  for (const resource of [
    'r2 bucket reelqueue-originals',
    'r2 bucket reelqueue-variants',
    'd1 reelqueue',
    'queues reelqueue-tickets',
    'queues reelqueue-tickets-dead',
    'queues reelqueue-bucket-events',
  ]) {
    expect(rehearsed.output).toContain(`Would create ${resource}.`)
  }
  expect(rehearsed.output).not.toContain('rq_')
})

test('--help is answered by wrangler alone', () => {
  const { calls, status } = deploy(['whoami'], ['--help'])
  expect({ calls, status }).toEqual({ calls: ['deploy --help'], status: 0 })
})

/** Writes a configuration with an environment `staging`, and returns its path. */
function writeConfig(environment: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'reelqueue-deploy-test-'))
  folders.push(folder)
  const config = join(folder, 'wrangler.toml')
  const project = readFileSync(join(ROOT, 'wrangler.toml'), 'utf8')
  const image = join(ROOT, 'container', 'Dockerfile')
  writeFileSync(config, `${project.replace('./container/Dockerfile', image)}\n${environment}`)
  return config
}

const STAGING = `
[env.staging]
[[env.staging.d1_databases]]
binding = "DB"
database_name = "reelqueue-staging"
[[env.staging.r2_buckets]]
binding = "ORIGINALS"
bucket_name = "staging-originals"
[[env.staging.r2_buckets]]
binding = "VARIANTS"
bucket_name = "staging-variants"
[[env.staging.queues.producers]]
binding = "TICKETS"
queue = "staging-tickets"
[[env.staging.queues.consumers]]
queue = "staging-tickets"
[[env.staging.queues.producers]]
binding = "WEBHOOKS"
queue = "staging-webhooks"
[[env.staging.queues.consumers]]
queue = "staging-webhooks"
[[env.staging.queues.producers]]
binding = "IMPORTS"
queue = "staging-imports"
[[env.staging.queues.consumers]]
queue = "staging-imports"
`

test('with --env the resources are those of the environment, in every command', () => {
  const infos = ['r2 bucket info', 'd1 info', 'queues info']
  const args = ['--env', 'staging', '--profile', 'work', '--config', writeConfig(STAGING)]
  const deployed = deploy(infos, [...args, '--name', 'other'])
  expect(deployed.status, deployed.output).toBe(0)
  const suffix = ' --profile work --env=staging'
  expect(changes(deployed)).toEqual([
    `r2 bucket create staging-originals${suffix}`,
    `r2 bucket create staging-variants${suffix}`,
    `d1 create reelqueue-staging${suffix}`,
    `queues create staging-tickets${suffix}`,
    `queues create staging-webhooks${suffix}`,
    `queues create staging-imports${suffix}`,
    `d1 migrations apply DB --remote${suffix}`,
    `deploy --name other${suffix}`,
  ])
  expect(deployed.calls).toContain(`secret list --format json --name other${suffix}`)
  expect(deployed.calls.every((call) => call.endsWith(suffix))).toBe(true)
})

test('an unknown environment changes nothing', () => {
  const failed = deploy([], [], undefined, 0, { CLOUDFLARE_ENV: 'staging' })
  expect({ calls: failed.calls, status: failed.status }).toEqual({ calls: [], status: 1 })
  expect(failed.output).toContain('no environment "staging" (its environments: none)')
})

test('--env without a value changes nothing', () => {
  const failed = deploy([], ['--env'])
  expect({ calls: failed.calls, status: failed.status }).toEqual({ calls: [], status: 1 })
  expect(failed.output).toContain('--env has no value.')
})

test('an environment without its own resources changes nothing', () => {
  const config = writeConfig('[env.staging]')
  const failed = deploy([], ['--env', 'staging', '--config', config])
  expect([failed.status, changes(failed)]).toEqual([1, []])
  expect(failed.output).toContain('[[env.staging.r2_buckets]] with binding = "VARIANTS"')
})
