/**
 * Decides from the arguments of `npm run deploy` whether it changes the account, and which arguments
 * wrangler gets.
 */

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
  /** Arguments of every command of wrangler: they select the account, the configuration and so on. */
  globalArgs: string[]
  /** Path of the configuration; null for the one of the project. */
  config: string | null
  /** Environment of the configuration; null for its top level. */
  environment: string | null
  /** Name of the Worker, if it is not that of the configuration. */
  workerName: string | null
}

const PRINT_OPTIONS = /^(?:--help|-h|--version|-v)$/
const DRY_RUN = /^--(no-)?(?:dry-run|dryRun)(?:=(.*))?$/
const GLOBAL_OPTION = /^(--config|-c|--env|-e|--cwd|--env-file|--profile)(?:=(.*))?$/
const NAME = /^--name(?:=(.*))?$/

/**
 * @param env `npm run deploy --dry-run` gives the option to npm, which passes it on as the variable
 *   `npm_config_dry_run`
 */
export function readDeployMode(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): DeployOptions {
  const { isDryRun, others: withoutDryRun } = takeDryRun(args)
  const { found, globalArgs, others } = takeGlobalOptions(withoutDryRun)
  const options = {
    globalArgs,
    config: found.get('--config') ?? null,
    // wrangler takes an empty name for the top level.
    environment: (found.get('--env') ?? env['CLOUDFLARE_ENV']) || null,
    workerName: readName(others),
  }
  if (others.some((argument) => PRINT_OPTIONS.test(argument))) {
    return { ...options, mode: 'print', wranglerArgs: others }
  }
  return isDryRun || env['npm_config_dry_run'] === 'true'
    ? { ...options, mode: 'dry-run', wranglerArgs: [...others, '--dry-run'] }
    : { ...options, mode: 'deploy', wranglerArgs: others }
}

/** Returns why the account must not be changed with these options; null when it may be. */
export function findProblem(
  { environment }: Pick<DeployOptions, 'environment'>,
  environments: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): string | null {
  const npmEnvironment = env['npm_config_env']
  if (npmEnvironment !== undefined) {
    return 'npm took --env for an option of its own. Put two dashes before it: npm run deploy -- --env <name>'
  }
  if (environment === null || environments.includes(environment)) {
    return null
  }
  const known = environments.length === 0 ? 'none' : environments.join(', ')
  return (
    `The configuration of wrangler has no environment "${environment}" (its environments: ${known}). ` +
    `Add [env.${environment}] with its own database, buckets and queues, or leave out --env and CLOUDFLARE_ENV.`
  )
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
  const others: string[] = []
  const globalArgs: string[] = []
  const found = new Map<string, string>()
  for (let index = 0; index < args.length; index++) {
    const [match, option = '', value = args[index + 1] ?? ''] =
      GLOBAL_OPTION.exec(args[index]!) ?? []
    if (match === undefined) {
      others.push(args[index]!)
      continue
    }
    index += match.includes('=') ? 0 : 1
    const name = LONG_NAMES[option] ?? option
    found.set(name, value)
    if (name !== '--config') {
      globalArgs.push(name, value)
    }
  }
  return { found, globalArgs, others }
}

function readName(args: readonly string[]): string | null {
  const index = args.findIndex((argument) => NAME.test(argument))
  const [, value = args[index + 1]] = NAME.exec(args[index] ?? '') ?? []
  return index === -1 ? null : (value ?? null)
}
