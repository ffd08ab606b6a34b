/**
 * Decides from the arguments of `npm run deploy` whether it changes the account, and which arguments
 * `wrangler deploy` gets.
 */

/**
 * - `deploy`: creates what is missing, and deploys
 * - `dry-run`: changes nothing in the account
 * - `print`: wrangler only prints its help or its version
 */
type DeployMode = 'deploy' | 'dry-run' | 'print'

const PRINT_OPTIONS = /^(?:--help|-h|--version|-v)$/
const DRY_RUN = /^--(no-)?(?:dry-run|dryRun)(?:=(.*))?$/

/**
 * @param env `npm run deploy --dry-run` gives the option to npm, which passes it on as the variable
 *   `npm_config_dry_run`
 */
export function readDeployMode(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): { mode: DeployMode; wranglerArgs: string[] } {
  const others: string[] = []
  let isDryRun = env['npm_config_dry_run'] === 'true'
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
  if (others.some((argument) => PRINT_OPTIONS.test(argument))) {
    return { mode: 'print', wranglerArgs: others }
  }
  return isDryRun
    ? { mode: 'dry-run', wranglerArgs: [...others, '--dry-run'] }
    : { mode: 'deploy', wranglerArgs: others }
}
