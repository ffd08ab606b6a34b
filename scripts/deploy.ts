/**
 * Deploys to the account that wrangler is logged in to: creates buckets, queues and the database,
 * applies the migrations, creates a first API key, and deploys the Worker and its containers. What
 * exists is not created again, so the script can be run again after an error. Arguments are passed
 * on to `wrangler deploy`; those that select the account, the configuration or its environment, to
 * every command. With `--dry-run` it changes nothing, and prints what it would create.
 */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unstable_readConfig as readConfig } from 'wrangler'
import { findBindingsProblem, findEnvironmentProblem, readDeployMode } from './deployMode.ts'

const options = readDeployMode(process.argv.slice(2), process.env)
const { mode, wranglerArgs, globalArgs, environment, workerName } = options
const CONFIG = options.config ?? join(import.meta.dirname, '..', 'wrangler.toml')
if (mode === 'print') {
  run('Asking wrangler', ['deploy', ...wranglerArgs])
  process.exit()
}
failIf(options.problem)
// An empty name is that of the top level. Without a name, wrangler reads CLOUDFLARE_ENV.
const topLevel = readConfig({ config: CONFIG, env: '' })
failIf(findEnvironmentProblem(environment, topLevel.definedEnvironments ?? []))
const config = environment === null ? topLevel : readConfig({ config: CONFIG, env: environment })
interface Bucket {
  bucket_name: string
}
interface Database {
  binding: string
  database_name: string
}
interface Consumer {
  queue: string
  dead_letter_queue?: string
}

requireTools()
failIf(findBindingsProblem(environment, config, topLevel))
if (mode === 'dry-run') {
  rehearse()
} else {
  deploy()
}

function deploy(): void {
  for (const { commands, name } of listMissingResources()) {
    run(`Creating ${[...commands, name].join(' ')}`, [...commands, 'create', name])
  }
  // Migrations are applied before the Worker that needs them is deployed. Until then, the previous
  // Worker runs with the new schema, so a migration may only add to the schema. The exception is
  // migration 0002, which renames tables and columns: requests fail between it and the deploy.
  run('Applying the migrations', ['d1', 'migrations', 'apply', databaseBinding(), '--remote'])
  const secrets = createFirstSecrets()
  try {
    const secretsArgs = secrets ? ['--secrets-file', secrets.file] : []
    run('Deploying the Worker and its containers', ['deploy', ...secretsArgs, ...wranglerArgs])
  } finally {
    if (secrets) {
      rmSync(secrets.folder, { recursive: true })
    }
  }
  if (secrets) {
    console.log(`\nThe API key of this service. It is not shown again:\n\n  ${secrets.apiKey}\n`)
  }
}

/** Calls only commands of wrangler that read. Listing migrations creates a table, so it is left out. */
function rehearse(): void {
  const missing = listMissingResources()
  for (const { commands, name } of missing) {
    console.log(`Would create ${[...commands, name].join(' ')}.`)
  }
  console.log(`${missing.length === 0 ? 'Every resource exists. ' : ''}Would apply the migrations.`)
  run('Building the Worker and its containers without deploying them', ['deploy', ...wranglerArgs])
  console.log('Nothing was changed. To deploy, leave out --dry-run.')
}

function requireTools(): void {
  // Only with --json does the command fail without a login.
  const { status, output } = wrangler(['whoami', '--json'])
  if (status !== 0) {
    fail(
      `${output.trimEnd()}\n"wrangler whoami" failed. If you are not logged in, run: npx wrangler login`,
    )
  }
  // wrangler also accepts the value as an argument of its own.
  if (/(^| )--containers-rollout[= ]none( |$)/.test(wranglerArgs.join(' '))) {
    return
  }
  const docker = process.env['WRANGLER_DOCKER_BIN'] ?? 'docker'
  if (spawnSync(docker, ['info'], { stdio: 'ignore' }).status !== 0) {
    fail(
      'Docker builds the container image, and "docker info" failed. Start Docker, or deploy the Worker ' +
        'without containers: npm run deploy -- --containers-rollout=none',
    )
  }
}

interface Resource {
  /** The wrangler commands of the resource, such as "r2 bucket". */
  commands: string[]
  name: string
}

/** Returns the buckets, the database and the queues that do not exist yet. */
function listMissingResources(): Resource[] {
  const queues = new Set(
    (config.queues.consumers as Consumer[]).flatMap((consumer) => [
      consumer.queue,
      consumer.dead_letter_queue,
    ]),
  )
  const resources: Resource[] = [
    ...(config.r2_buckets as Bucket[]).map((bucket) => ({
      commands: ['r2', 'bucket'],
      name: bucket.bucket_name,
    })),
    ...(config.d1_databases as Database[]).map((database) => ({
      commands: ['d1'],
      name: database.database_name,
    })),
    ...[...queues].flatMap((name) => (name === undefined ? [] : [{ commands: ['queues'], name }])),
  ]
  return resources.filter(({ commands, name }) => !succeeds([...commands, 'info', name]))
}

function databaseBinding(): string {
  return (config.d1_databases as Database[])[0]!.binding
}

/**
 * Creates an API key and a secrets file with it; returns null if the service already has an API
 * key.
 */
function createFirstSecrets(): { file: string; folder: string; apiKey: string } | null {
  const { status, output } = wrangler([
    'secret',
    'list',
    '--format',
    'json',
    ...(workerName === null ? [] : ['--name', workerName]),
  ])
  if (output.includes('"API_KEY"')) {
    return null
  }
  // Continues only if the error is that the Worker does not exist. After any other error, the
  // service may already have a key.
  if (status !== 0 && !/not found|does not exist/.test(output)) {
    fail(output)
  }
  const apiKey = `rq_${randomBytes(24).toString('base64url')}`
  const folder = mkdtempSync(join(tmpdir(), 'reelqueue-deploy-'))
  const file = join(folder, 'secrets.env')
  writeFileSync(file, `API_KEY=${apiKey}\n`, { mode: 0o600 })
  return { file, folder, apiKey }
}

function wrangler(args: string[], stdio: 'pipe' | 'inherit' = 'pipe') {
  const allArgs = [...args, ...globalArgs, '--config', CONFIG]
  const { status, stdout, stderr } = spawnSync('wrangler', allArgs, { encoding: 'utf8', stdio })
  return { status, output: `${stdout ?? ''}${stderr ?? ''}`, command: ['wrangler', ...allArgs] }
}

function succeeds(args: string[]): boolean {
  return wrangler(args).status === 0
}

function run(step: string, args: string[]): void {
  console.log(`${step} …`)
  const { status, command } = wrangler(args, 'inherit')
  if (status !== 0) {
    fail(`This command failed: npx ${command.map(quote).join(' ')}`)
  }
}

/** Quotes an argument for a shell, if it needs it. */
function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`
}

function failIf(problem: string | null): void {
  if (problem !== null) {
    fail(problem)
  }
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
