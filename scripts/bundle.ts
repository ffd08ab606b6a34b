/**
 * Checks the configuration of the Worker and the size of its bundle, without a Cloudflare account.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { unstable_readConfig as readConfig } from 'wrangler'

const ROOT = join(import.meta.dirname, '..')
/** Maximum size of the compressed bundle, which every cold start loads. */
const MAX_KIB = 245

export function checkBundle(): { ok: boolean; output: string } {
  const { status, stdout, stderr } = spawnSync(
    join(ROOT, 'node_modules', '.bin', 'wrangler'),
    // Building the container image would need Docker.
    ['deploy', '--dry-run', '--containers-rollout=none'],
    {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, CI: '1', NO_COLOR: '1', WRANGLER_SEND_METRICS: 'false' },
    },
  )
  const output = `${stdout}${stderr}`
  if (status !== 0) {
    return { ok: false, output }
  }
  const size = Number(/gzip: ([\d.]+) KiB/.exec(output)?.[1])
  if (!(size <= MAX_KIB)) {
    return {
      ok: false,
      output: `The bundle has ${size} KiB gzipped; the limit is ${MAX_KIB} KiB.`,
    }
  }
  return checkSlots()
}

/** RUNNER_SLOTS must equal max_instances, which the Worker cannot read; 0 without containers. */
function checkSlots(): { ok: boolean; output: string } {
  const { vars, containers = [] } = readConfig({ config: join(ROOT, 'wrangler.toml') })
  const slots = Number(vars['RUNNER_SLOTS'])
  const maxInstances = containers[0]?.max_instances ?? 0
  return {
    ok: slots === maxInstances,
    output: `RUNNER_SLOTS is ${slots} and max_instances is ${maxInstances}. They must be equal.`,
  }
}
