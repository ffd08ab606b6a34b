/** Settings of the runner, read from the environment and validated once at the start. */
import { randomBytes } from 'node:crypto'
import { hostname, tmpdir } from 'node:os'
import { z } from 'zod'
import { DEFAULT_QUEUE, queueName } from '../src/contract/queue.ts'
import { MAX_CLAIM_QUEUES } from '../src/contract/runnerProtocol.ts'

const MAX_IDLE_SECONDS = 86_400
const MAX_SHUTDOWN_SECONDS = 86_400
const SHUTDOWN_SECONDS_ERROR = `must be a number of seconds from 0 to ${MAX_SHUTDOWN_SECONDS}`
export const MAX_SMALL_JOBS = 16
const IDLE_SECONDS_ERROR = `must be a number of seconds from 0 to ${MAX_IDLE_SECONDS}, or "forever"`

/** An empty variable counts as absent, as in a compose file that leaves it blank. */
function setting<T extends z.ZodType>(schema: T) {
  return z.preprocess((value) => (value === '' ? undefined : value), schema)
}

function matching(pattern: RegExp, error: string) {
  return z.string().regex(pattern, error)
}

const CPUS_ERROR = 'must be the number of cores that a job may use, at least 1'
const byteCount = z.coerce.number('must be a number of bytes').int().positive()

const environment = z.object({
  GATEWAY_URL: setting(
    z
      .url({
        protocol: /^https?$/,
        error: 'must be the http or https address of the gateway, e.g. http://127.0.0.1:8787',
      })
      .transform((url) => url.replace(/\/+$/, '')),
  ),
  RUNNER_TOKEN: setting(
    matching(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces').optional(),
  ),
  RUNNER_NAME: setting(
    matching(
      /^[\w.-]{1,80}$/,
      'must be 1 to 80 letters, digits, dots, dashes or underscores',
    ).default(defaultRunnerName),
  ),
  RUNNER_ID: setting(
    matching(
      /^[\w.-]{1,100}$/,
      'must be 1 to 100 letters, digits, dots, dashes or underscores',
    ).optional(),
  ),
  DISK_BYTES: setting(byteCount.optional()),
  MEMORY_BYTES: setting(byteCount.optional()),
  CPUS: setting(z.coerce.number(CPUS_ERROR).int(CPUS_ERROR).min(1, CPUS_ERROR).optional()),
  SMALL_JOBS: setting(
    z.coerce
      .number(`must be a number from 1 to ${MAX_SMALL_JOBS}`)
      .int()
      .min(1)
      .max(MAX_SMALL_JOBS)
      .optional(),
  ),
  QUEUES: setting(
    z
      .string()
      .default(DEFAULT_QUEUE)
      .transform((list) => list.split(',').map((name) => name.trim()))
      .refine((names) => names.every((name) => queueName.safeParse(name).success), {
        error: 'must be queue names of lower-case letters, digits, _ and -, separated by commas',
      })
      .refine(
        (names) => names.length <= MAX_CLAIM_QUEUES,
        `must name at most ${MAX_CLAIM_QUEUES} queues`,
      ),
  ),
  IDLE_SECONDS: setting(
    z
      .union([z.literal('forever'), z.coerce.number()], IDLE_SECONDS_ERROR)
      .refine(
        (value) => value === 'forever' || (value >= 0 && value <= MAX_IDLE_SECONDS),
        IDLE_SECONDS_ERROR,
      )
      .default(60)
      .transform((value) => (value === 'forever' ? Number.POSITIVE_INFINITY : value)),
  ),
  SHUTDOWN_SECONDS: setting(
    z.coerce
      .number(SHUTDOWN_SECONDS_ERROR)
      .int(SHUTDOWN_SECONDS_ERROR)
      .min(0, SHUTDOWN_SECONDS_ERROR)
      .max(MAX_SHUTDOWN_SECONDS, SHUTDOWN_SECONDS_ERROR)
      .default(0),
  ),
  SCRATCH_DIR: setting(z.string().default(() => tmpdir())),
  TRANSFER_DIGESTS: setting(z.enum(['on', 'off'], 'must be "on" or "off"').default('on')),
  FFMPEG: setting(z.string().default('ffmpeg')),
  FFPROBE: setting(z.string().default('ffprobe')),
})

function defaultRunnerName(): string {
  return (
    hostname()
      .replace(/[^\w.-]/g, '-')
      .slice(0, 80) || 'runner'
  )
}

export interface Settings {
  gatewayUrl: string
  token: string | null
  /** Identifies this process. */
  runnerId: string
  /** In order of preference. */
  queues: string[]
  /**
   * Time without a job after which the runner exits; `Infinity` if it never exits for that reason.
   */
  idleSeconds: number
  /**
   * Time after SIGTERM in which the runner finishes the jobs that it holds. It releases those that would
   * take longer.
   */
  shutdownSeconds: number
  scratchDir: string
  /** Disk space that one job may use; null for all free space of `scratchDir`. */
  diskBytes: number | null
  /** Memory for the runner and ffmpeg; null to use the value that the system reports. */
  memoryBytes: number | null
  /** Cores that a job may use; null for all that the system reports. */
  cpus: number | null
  /** Number of small jobs that run at once; null for a number by cores and memory. */
  smallJobs: number | null
  /** False to transfer files without digests, when the gateway is on the machine of the runner. */
  transferDigests: boolean
  ffmpeg: string
  ffprobe: string
}

/** The message has one line for each problem. */
export class InvalidSettings extends Error {
  override name = 'InvalidSettings'
}

/**
 * @param env e.g. `process.env`
 * @throws InvalidSettings
 */
export function readSettings(env: Record<string, string | undefined>): Settings {
  const parsed = environment.safeParse(env)
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${String(issue.path[0])} ${issue.message}`)
    throw new InvalidSettings([...new Set(lines)].join('\n'))
  }
  const value = parsed.data
  return {
    gatewayUrl: value.GATEWAY_URL,
    token: value.RUNNER_TOKEN ?? null,
    // A slot sets the id of the runner that it starts, to recognise it.
    runnerId: value.RUNNER_ID ?? `${value.RUNNER_NAME}-${randomBytes(4).toString('hex')}`,
    queues: value.QUEUES,
    idleSeconds: value.IDLE_SECONDS,
    shutdownSeconds: value.SHUTDOWN_SECONDS,
    scratchDir: value.SCRATCH_DIR,
    diskBytes: value.DISK_BYTES ?? null,
    memoryBytes: value.MEMORY_BYTES ?? null,
    cpus: value.CPUS ?? null,
    smallJobs: value.SMALL_JOBS ?? null,
    transferDigests: value.TRANSFER_DIGESTS === 'on',
    ffmpeg: value.FFMPEG,
    ffprobe: value.FFPROBE,
  }
}
