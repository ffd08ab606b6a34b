/** Capabilities of this machine and its ffmpeg, which a runner reports with every claim. */
import { createHash } from 'node:crypto'
import { statfs } from 'node:fs/promises'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { PROBE_FORM } from './ffmpeg/probe/probeMemo.ts'
import { encodeLimits } from './ffmpeg/process/limits.ts'
import type { Threads } from './ffmpeg/process/threads.ts'
import { runProcess } from './ffmpeg/process/process.ts'
import { formatError, type Log } from './log.ts'
import { MAX_SMALL_JOBS, type Settings } from './settings.ts'

export interface RunnerCapabilities {
  cpus: number
  memoryBytes: number
  /**
   * `encoders` and `hwaccels` are absent when ffmpeg could not list them. The gateway then assumes
   * that it has every encoder.
   */
  encoders?: string[]
  hwaccels?: string[]
  /** See `probeVersion` in the contract; absent when ffmpeg has not stated its version. */
  probeVersion?: string
}

const FFMPEG_TIMEOUT_MS = 20_000
/** The system can kill ffmpeg while it lists them, and the runner would lack them until its end. */
const MAX_TRIES = 3
/** The maximum that the gateway accepts in a claim. */
const MAX_ENCODERS = 500

/** Called once at the start: capabilities do not change while the process runs. */
export async function detectCapabilities(
  settings: Settings,
  log: Log,
): Promise<RunnerCapabilities> {
  const capabilities = {
    cpus: countCores(settings),
    memoryBytes: availableMemoryBytes(settings),
  }
  for (let tries = 1; ; tries++) {
    try {
      return { ...capabilities, ...(await listAbilities(settings)) }
    } catch (error) {
      if (tries === MAX_TRIES) {
        log('warn', 'ffmpeg does not list its encoders and hardware accelerators', {
          error: formatError(error),
        })
        return capabilities
      }
    }
  }
}

async function listAbilities(settings: Settings) {
  const listed = await queryFfmpeg(settings, '-encoders')
  const { output } = await queryFfmpeg(settings, '-hwaccels')
  return {
    encoders: parseEncoders(listed.output),
    hwaccels: parseHwaccels(output),
    probeVersion: describeProbeVersion(listed.banner),
  }
}

/**
 * Memory for the runner and ffmpeg: the setting if there is one, otherwise the memory of the
 * machine, or the limit of the container if that is lower.
 */
export function availableMemoryBytes({ memoryBytes }: Settings): number {
  return memoryBytes ?? Math.min(totalmem(), process.constrainedMemory() || Infinity)
}

/** Cores that the runner may use. */
export function countCores(settings: Pick<Settings, 'cpus'>): number {
  return settings.cpus ?? availableParallelism()
}

/**
 * Threads of ffmpeg: those of the setting, or as many as the container may use cores if that is not all
 * of the machine's, which ffmpeg would use. Null for the defaults of ffmpeg.
 */
function countThreads(settings: Pick<Settings, 'cpus'>): number | null {
  const available = availableParallelism()
  return settings.cpus ?? (available < cpus().length ? available : null)
}

/**
 * Threads of ffmpeg for an attempt. If it begins beside another encode, its decoder gets those of half of
 * the cores: the threads of two decoders and two encoders would hinder one another (measured). The frames
 * do not depend on the threads of a decoder, but those of x264 and libvpx do on the threads of the encoder.
 */
export function assignThreads(settings: Pick<Settings, 'cpus'>, isBesideEncode: boolean): Threads {
  const others = countThreads(settings)
  return { decoders: isBesideEncode ? Math.ceil(countCores(settings) / 2) : others, others }
}

/** Memory for the ffmpeg of a small job: decoding a frame of 8K takes 4 GiB (measured). */
const SMALL_JOB_BYTES = 4 * 1024 ** 3
/** Share of the memory that ffmpeg gets, see `encodeLimits`. */
const FFMPEG_SHARE = 0.75

/**
 * Returns the number of small jobs that run at once: one for each core, and one more because they also
 * wait for the gateway, as far as memory allows.
 */
export function countSmallJobs(settings: Settings, cores: number): number {
  const byMemory = Math.floor((availableMemoryBytes(settings) * FFMPEG_SHARE) / SMALL_JOB_BYTES)
  return settings.smallJobs ?? Math.max(1, Math.min(cores + 1, byMemory, MAX_SMALL_JOBS))
}

/** Settings of a small job: it gets its share of the memory and of the disk. */
export function shareSettings(settings: Settings, smallJobs: number): Settings {
  const { diskBytes } = settings
  return {
    ...settings,
    memoryBytes: Math.floor(availableMemoryBytes(settings) / smallJobs),
    diskBytes: diskBytes === null ? null : Math.floor(diskBytes / smallJobs),
  }
}

/** Paths of ffmpeg and ffprobe, and the limits under which they run. */
export function resolveFfmpegTools(settings: Settings) {
  const { ffmpeg, ffprobe, diskBytes } = settings
  const memoryBytes = availableMemoryBytes(settings)
  return { ffmpeg, ffprobe, limits: encodeLimits({ memoryBytes, diskBytes }) }
}

/** Disk space that a job may use now; null when it is unknown. */
export async function readFreeDiskBytes({
  diskBytes,
  scratchDir,
}: Settings): Promise<number | null> {
  if (diskBytes !== null) {
    return diskBytes
  }
  const disk = await statfs(scratchDir).catch(() => null)
  return disk === null ? null : disk.bavail * disk.bsize
}

/** The banner states the versions of ffmpeg and of its libraries, which ffprobe shares. */
function describeProbeVersion(banner: string): string {
  return `${PROBE_FORM}-${createHash('sha256').update(banner).digest('hex').slice(0, 16)}`
}

async function queryFfmpeg({ ffmpeg, scratchDir }: Settings, option: string) {
  let output = ''
  const { code, stderrTail: banner } = await runProcess({
    file: ffmpeg,
    arguments: [option],
    cwd: scratchDir,
    signal: AbortSignal.timeout(FFMPEG_TIMEOUT_MS),
    onStdout: (text) => (output += text),
  })
  if (code !== 0) {
    throw new Error(`ffmpeg ${option} exited with code ${code}`)
  }
  return { output, banner }
}

/** Parses lines such as ` V....D libx264    libx264 H.264 …`, which follow a line of dashes. */
export function parseEncoders(text: string): string[] {
  const [, list = ''] = text.split(/^\s*-{3,}$/m)
  return [...list.matchAll(/^ [VAS][\w.]{5} ([\w-]+)/gm)]
    .map(([, name]) => name!)
    .slice(0, MAX_ENCODERS)
}

/** Skips the headline; the other lines have one name each. */
export function parseHwaccels(text: string): string[] {
  const [, ...lines] = text.trim().split('\n')
  return lines.map((line) => line.trim()).filter((line) => /^[\w-]+$/.test(line))
}
