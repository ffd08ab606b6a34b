/** What this machine has, for the gateway to give it jobs that it can do. Decides nothing by it. */
import { statfs } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { encodeLimits } from './ffmpeg/process/limits.ts'
import { runProcess } from './ffmpeg/process/process.ts'
import { formatError, type Log } from './log.ts'
import type { Settings } from './settings.ts'

export interface RunnerCapabilities {
  cpus: number
  memoryBytes: number
  /** Left out when ffmpeg did not say: then it is taken to have all. */
  encoders?: string[]
  hwaccels?: string[]
}

const TOO_LONG_MS = 20_000

/** Asked once at the start: none of it changes while a process lives. */
export async function detectCapabilities(
  settings: Settings,
  log: Log,
): Promise<RunnerCapabilities> {
  const capabilities = { cpus: availableParallelism(), memoryBytes: availableMemoryBytes(settings) }
  try {
    const encoders = parseEncoders(await ask(settings, '-encoders'))
    return { ...capabilities, encoders, hwaccels: parseHwaccels(await ask(settings, '-hwaccels')) }
  } catch (error) {
    log('warn', 'ffmpeg does not say what it can do', { error: formatError(error) })
    return capabilities
  }
}

/** What there is for this process and its children, in bytes. A container may have less than its host. */
export function availableMemoryBytes({ memoryBytes }: Settings): number {
  return memoryBytes ?? Math.min(totalmem(), process.constrainedMemory() || Infinity)
}

/** ffmpeg and ffprobe, and what they are held to. */
export function ffmpegTools(settings: Settings) {
  const { ffmpeg, ffprobe, diskBytes } = settings
  return {
    ffmpeg,
    ffprobe,
    limits: encodeLimits({ memoryBytes: availableMemoryBytes(settings), diskBytes }),
  }
}

/** What a job may take of the disk now, in bytes; null when that cannot be told. */
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

async function ask({ ffmpeg, scratchDir }: Settings, question: string): Promise<string> {
  let answer = ''
  const { code } = await runProcess({
    file: ffmpeg,
    arguments: ['-hide_banner', question],
    cwd: scratchDir,
    signal: AbortSignal.timeout(TOO_LONG_MS),
    onStdout: (text) => (answer += text),
  })
  if (code !== 0) {
    throw new Error(`ffmpeg ${question} ended with ${code}`)
  }
  return answer
}

/** Lines such as ` V....D libx264              libx264 H.264 …`, below a line of dashes. */
export function parseEncoders(text: string): string[] {
  const [, list = ''] = text.split(/^\s*-{3,}$/m)
  return [...list.matchAll(/^ [VAS][\w.]{5} ([\w-]+)/gm)].map(([, name]) => name!).slice(0, 500)
}

/** One a line, below a headline. */
export function parseHwaccels(text: string): string[] {
  const [, ...lines] = text.trim().split('\n')
  return lines.map((line) => line.trim()).filter((line) => /^[\w-]+$/.test(line))
}
