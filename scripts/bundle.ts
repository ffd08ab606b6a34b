/** Whether the Worker could be deployed as it is, without an account: its bundle, and its settings. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { unstable_readConfig as readConfig } from 'wrangler'

const ROOT = join(import.meta.dirname, '..')
/** It is read at every cold start. The schemas, of which OpenAPI is made, are a good part of it. */
const MAX_KIB = 165

export function checkBundle(): { ok: boolean; output: string } {
  const { status, stdout, stderr } = spawnSync(
    join(ROOT, 'node_modules', '.bin', 'wrangler'),
    // Without containers, which would want Docker to build the image.
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
      output: `The bundle has ${size} KiB gzipped; at most ${MAX_KIB} are right.`,
    }
  }
  return checkSlots()
}

/** The number of slots is in two places, as the Worker cannot see what its containers are set to. */
function checkSlots(): { ok: boolean; output: string } {
  const { vars, containers = [] } = readConfig({ config: join(ROOT, 'wrangler.toml') })
  const slots = Number(vars['RUNNER_SLOTS'])
  const most = containers[0]?.max_instances
  return {
    ok: slots === most,
    output: `RUNNER_SLOTS is ${slots} and max_instances ${most}: they must be the same.`,
  }
}
