/**
 * Checks the configuration of the Worker and the size of its bundle, without a Cloudflare account.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { unstable_readConfig as readConfig } from 'wrangler'

const ROOT = join(import.meta.dirname, '..')
/** Maximum size of the compressed bundle, which every cold start loads. */
const MAX_KIB = 270

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
  return checkVars()
}

/** Two settings repeat what the Worker cannot read: max_instances (0 without containers), and a bucket's name. */
function checkVars(): { ok: boolean; output: string } {
  const config = readConfig({ config: join(ROOT, 'wrangler.toml') })
  const { vars, containers = [] } = config
  const buckets = config.r2_buckets as { binding: string; bucket_name?: string }[]
  const pairs = [
    [
      'RUNNER_SLOTS',
      Number(vars['RUNNER_SLOTS']),
      'max_instances',
      containers[0]?.max_instances ?? 0,
    ],
    [
      'ORIGINALS_BUCKET',
      vars['ORIGINALS_BUCKET'],
      'the bucket_name of ORIGINALS',
      buckets.find(({ binding }) => binding === 'ORIGINALS')?.bucket_name,
    ],
  ] as const
  const problems = pairs.filter(([, value, , other]) => value !== other)
  return {
    ok: problems.length === 0,
    output: problems
      .map(
        ([name, value, other, expected]) =>
          `${name} is ${value} and ${other} is ${expected}. They must be equal.`,
      )
      .join('\n'),
  }
}
