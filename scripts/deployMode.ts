/**
 * Decides from the arguments of `npm run deploy` whether it changes the account, and which arguments
 * wrangler gets.
 */
import { resolve } from 'node:path'

/**
 * - `deploy`: creates what is missing, and deploys
 * - `dry-run`: changes nothing in the account
 * - `print`: wrangler only prints its help or its version
 */
type DeployMode = 'deploy' | 'dry-run' | 'print'

interface DeployOptions {
  mode: DeployMode
  /** Arguments of `wrangler deploy`, except `globalArgs`. */
  wranglerArgs: string[]
  /**
   * Arguments of every command of wrangler, except `--config`: they select the account, the
   * environment and so on.
   */
  globalArgs: string[]
  /** Absolute path of the configuration; null for the one of the project. */
  config: string | null
  /** Environment of the configuration; null for its top level. */
  environment: string | null
  /** Name of the Worker, if it is not that of the configuration. */
  workerName: string | null
  /** Why the account must not be changed with these arguments; null when it may be. */
  problem: string | null
}

const PRINT_OPTIONS = /^(?:--help|-h|--version|-v)$/
const DRY_RUN = /^--(no-)?(?:dry-run|dryRun)(?:=(.*))?$/
const GLOBAL_OPTION = /^(--config|-c|--env|-e|--cwd|--env-file|--profile)(?:=(.*))?$/
const NAME_OPTION = /^(--name)(?:=(.*))?$/
/** Variables that npm sets only if it takes the option of this name for itself. */
const NPM_VARIABLES = ['config', 'cwd', 'env', 'env_file', 'name', 'profile']

/**
 * @param env npm takes options that are not after `--` for itself, and passes them on as variables
 *   such as `npm_config_dry_run`
 */
export function readDeployMode(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): DeployOptions {
  // Dry run is taken last, so that it is not removed between an option and what would be its value.
  const { found, others: withDryRun, ...globals } = takeGlobalOptions(args)
  const name = takeOptions(withDryRun, NAME_OPTION)
  const { isDryRun, others } = takeDryRun(withDryRun)
  const config = found.get('--config')
  // wrangler takes an empty name for the top level.
  const environment = (found.get('--env') ?? env['CLOUDFLARE_ENV']) || null
  const options = {
    globalArgs: globals.globalArgs,
    // wrangler changes to the folder of --cwd before it reads the path.
    config: config === undefined ? null : resolve(found.get('--cwd') ?? '', config),
    environment,
    workerName: name.values.at(-1)?.value ?? null,
    problem: findNpmProblem(env) ?? globals.problem ?? name.problem,
  }
  if (others.some((argument) => PRINT_OPTIONS.test(argument))) {
    return { ...options, mode: 'print', wranglerArgs: others }
  }
  // Without the option, wrangler reads CLOUDFLARE_ENV, also from the file .env and those of
  // --env-file.
  const globalArgs = [...globals.globalArgs, `--env=${environment ?? ''}`]
  return isDryRun || env['npm_config_dry_run'] === 'true'
    ? { ...options, globalArgs, mode: 'dry-run', wranglerArgs: [...others, '--dry-run'] }
    : { ...options, globalArgs, mode: 'deploy', wranglerArgs: others }
}

function findNpmProblem(env: Readonly<Record<string, string | undefined>>): string | null {
  const variable = NPM_VARIABLES.find((name) => env[`npm_config_${name}`] !== undefined)
  // `npx -c "npm run deploy"` sets the variable of -c to that command.
  const isConfig = /^\S+\.(?:toml|jsonc?)$/.test(env['npm_config_call'] ?? '')
  if (variable === undefined && !isConfig) {
    return null
  }
  const option = variable === undefined ? '-c' : `--${variable.replace('_', '-')}`
  return (
    `npm took ${option} for an option of its own. ` +
    `Put two dashes before it: npm run deploy -- ${option} <value>`
  )
}

/** Returns why the account must not be changed with this environment; null when it may be. */
export function findEnvironmentProblem(
  environment: string | null,
  environments: readonly string[],
): string | null {
  if (environment === null || environments.includes(environment)) {
    return null
  }
  const known = environments.length === 0 ? 'none' : environments.join(', ')
  return (
    `The configuration of wrangler has no environment "${environment}" (its environments: ${known}). ` +
    `Add [env.${environment}] with its own database, buckets and queues, or leave out --env and CLOUDFLARE_ENV.`
  )
}

interface Bindings {
  d1_databases: readonly { binding: string }[]
  r2_buckets: readonly { binding: string }[]
  queues: { producers?: readonly { binding: string }[]; consumers?: readonly unknown[] }
}

/**
 * Returns which tables of the configuration are missing: those without which nothing can be deployed,
 * and those with bindings of the top level. An environment does not inherit them.
 */
export function findBindingsProblem(
  environment: string | null,
  bindings: Bindings,
  topLevel: Bindings,
): string | null {
  const place = environment === null ? '' : `env.${environment}.`
  const list = ({ d1_databases, r2_buckets, queues }: Bindings) =>
    [
      ['d1_databases', d1_databases],
      ['r2_buckets', r2_buckets],
      ['queues.producers', queues.producers ?? []],
    ] as const
  const own = new Map(list(bindings))
  const missing = list(topLevel).flatMap(([table, expected]) => {
    const names = new Set(own.get(table)?.map(({ binding }) => binding))
    const absent = expected.filter(({ binding }) => !names.has(binding))
    if (absent.length === 0) {
      return names.size === 0 ? [`[[${place}${table}]]`] : []
    }
    return absent.map(({ binding }) => `[[${place}${table}]] with binding = "${binding}"`)
  })
  if ((bindings.queues.consumers ?? []).length === 0) {
    missing.push(`[[${place}queues.consumers]]`)
  }
  if (missing.length === 0) {
    return null
  }
  const advice =
    environment === null
      ? ''
      : ' An environment does not inherit them: repeat them in it, with resources of its own.'
  return `The configuration of wrangler has no ${missing.join(', ')}.${advice}`
}

function takeDryRun(args: readonly string[]): { isDryRun: boolean; others: string[] } {
  const others: string[] = []
  let isDryRun = false
  for (let index = 0; index < args.length; index++) {
    const [option, negation, value] = DRY_RUN.exec(args[index]!) ?? []
    if (option === undefined) {
      others.push(args[index]!)
      continue
    }
    // wrangler also accepts the value as an argument of its own.
    const next = args[index + 1] ?? ''
    const isNextValue = value === undefined && /^(?:true|false)$/.test(next)
    index += isNextValue ? 1 : 0
    const isFalse = (isNextValue ? next : value) === 'false'
    isDryRun ||= isFalse === (negation !== undefined)
  }
  return { isDryRun, others }
}

const LONG_NAMES: Record<string, string> = { '-c': '--config', '-e': '--env' }

function takeGlobalOptions(args: readonly string[]) {
  const { values, others, problem } = takeOptions(args, GLOBAL_OPTION)
  const found = new Map(values.map(({ name, value }) => [name, value]))
  const globalArgs = values.flatMap(({ name, value }) =>
    name === '--config' || name === '--env' ? [] : [name, value],
  )
  return { found, globalArgs, others, problem }
}

/** @param pattern its first group is the option, its second one the value after `=` */
function takeOptions(args: readonly string[], pattern: RegExp) {
  const others: string[] = []
  const values: { name: string; value: string }[] = []
  let problem: string | null = null
  for (let index = 0; index < args.length; index++) {
    const [match, option = '', inlineValue] = pattern.exec(args[index]!) ?? []
    if (match === undefined) {
      others.push(args[index]!)
      continue
    }
    const name = LONG_NAMES[option] ?? option
    const next = args[index + 1]
    const hasNext = inlineValue === undefined && next !== undefined && !next.startsWith('-')
    index += hasNext ? 1 : 0
    const value = hasNext ? next : inlineValue
    if (name !== '--env-file' && values.some((other) => other.name === name)) {
      problem ??= `${name} is given more than once.`
    }
    if (value === undefined || (value === '' && name !== '--env')) {
      problem ??= `${option} has no value.${name === '--env' ? ' For the top level, use --env=' : ''}`
    } else {
      values.push({ name, value })
    }
  }
  return { values, others, problem }
}
