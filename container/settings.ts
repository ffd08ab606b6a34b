/** The environment, read once and refused at start when something in it is wrong. */
import { randomBytes } from 'node:crypto'
import { hostname, tmpdir } from 'node:os'
import { z } from 'zod'
import { DEFAULT_QUEUE, queueName } from '../src/contract/queue.ts'

const PATIENCE = 'must be a number of seconds from 0 to 86400, or the word forever'

function absent(value: unknown) {
  return value === '' ? undefined : value
}

const environment = z.object({
  GATEWAY_URL: z.preprocess(
    absent,
    z
      .url({
        protocol: /^https?$/,
        error: 'must be the http or https address of the gateway, e.g. http://127.0.0.1:8787',
      })
      .transform((url) => url.replace(/\/+$/, '')),
  ),
  RUNNER_TOKEN: z.preprocess(
    absent,
    z
      .string()
      .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces')
      .optional(),
  ),
  RUNNER_NAME: z.preprocess(
    absent,
    z
      .string()
      .regex(/^[\w.-]{1,80}$/, 'must be 1 to 80 letters, digits, dots, dashes or underscores')
      .default(
        () =>
          hostname()
            .replace(/[^\w.-]/g, '-')
            .slice(0, 80) || 'runner',
      ),
  ),
  RUNNER_ID: z.preprocess(
    absent,
    z
      .string()
      .regex(/^[\w.-]{1,100}$/, 'must be 1 to 100 letters, digits, dots, dashes or underscores')
      .optional(),
  ),
  DISK_BYTES: z.preprocess(
    absent,
    z.coerce.number('must be a number of bytes').int().positive().optional(),
  ),
  MEMORY_BYTES: z.preprocess(
    absent,
    z.coerce.number('must be a number of bytes').int().positive().optional(),
  ),
  QUEUES: z.preprocess(
    absent,
    z
      .string()
      .default(DEFAULT_QUEUE)
      .transform((list) => list.split(',').map((name) => name.trim()))
      .pipe(
        z
          .array(z.string())
          .max(10, 'must name at most 10 queues')
          .refine(
            (names) => names.every((name) => queueName.safeParse(name).success),
            'must be queue names of lower-case letters, digits, _ and -, separated by commas',
          ),
      ),
  ),
  IDLE_SECONDS: z.preprocess(
    absent,
    z
      .union([z.literal('forever'), z.coerce.number()], PATIENCE)
      .refine((value) => value === 'forever' || (value >= 0 && value <= 86_400), PATIENCE)
      .default(60)
      .transform((value) => (value === 'forever' ? Number.POSITIVE_INFINITY : value)),
  ),
  SCRATCH_DIR: z.preprocess(
    absent,
    z.string().default(() => tmpdir()),
  ),
  FFMPEG: z.preprocess(absent, z.string().default('ffmpeg')),
  FFPROBE: z.preprocess(absent, z.string().default('ffprobe')),
})

export interface Settings {
  gatewayUrl: string
  token: string | null
  /** Unique to this process. */
  runnerId: string
  /** In the order of preference. */
  queues: string[]
  /** `Infinity` means never to exit for want of work. */
  idleSeconds: number
  scratchDir: string
  /** What a job may take of the disk; null for what is free in `scratchDir`. */
  diskBytes: number | null
  /** What there is of memory, of which ffmpeg may take most; null for what the system says. */
  memoryBytes: number | null
  ffmpeg: string
  ffprobe: string
}

/** Thrown with one line for each setting that is wrong, saying what would be right. */
export class InvalidSettings extends Error {
  override name = 'BadSettings'
}

/**
 * @param env e.g. `process.env`
 * @throws BadSettings
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
    // A slot has named its runner already, to know it again.
    runnerId: value.RUNNER_ID ?? `${value.RUNNER_NAME}-${randomBytes(4).toString('hex')}`,
    queues: value.QUEUES,
    idleSeconds: value.IDLE_SECONDS,
    scratchDir: value.SCRATCH_DIR,
    diskBytes: value.DISK_BYTES ?? null,
    memoryBytes: value.MEMORY_BYTES ?? null,
    ffmpeg: value.FFMPEG,
    ffprobe: value.FFPROBE,
  }
}
