/** Runs ffprobe on a file, and ends it when it exceeds a limit. The caller parses the output. */
import { JobFailure } from '../../failures.ts'
import { classifyFfmpegFailure, classifyProbeFailure, ranOutOfMemory } from './classifyFailure.ts'
import { PROBE, probeLimits, type ProcessLimits } from './limits.ts'
import { ffmpegOptions } from './options.ts'
import { runProcess, type ProcessResult } from './process.ts'
import { indexTooLarge, probeReadsTooMuch, probeTooSlow } from './limitErrors.ts'

const CHECK_INTERVAL_MS = 100
/** Abort reason when a query has read its `enoughBytes`. */
const ENOUGH_READ = new Error('enough was read')

/** The entries that ffprobe returns, and the part of the file that it reads for them. */
export interface FfprobeQuery {
  /** Value of `-show_entries`. */
  entries: string
  /** Options that select streams or an interval. */
  selection?: readonly string[]
  format?: 'json' | 'json=compact=1' | 'csv' | 'csv=p=0'
  /**
   * Ends ffprobe after about this many bytes of the file, and returns the output so far. Without
   * it, reading more than `PROBE.readBytes` is a failure.
   */
  enoughBytes?: number
  /** Maximum size of the output. Default: `PROBE.outputCharacters`. */
  maxCharacters?: number
  /** True to read the whole file if necessary. Only the timeout of the attempt limits the elapsed time. */
  mayReadAll?: boolean
}

/** CPU time for reading a file of many GB. */
export const WHOLE_FILE_CPU_SECONDS = 600

/** Program, limits and working folder of ffprobe, which are the same for every file. */
export interface ProbeEnvironment {
  ffprobe: string
  /** The limits of ffmpeg, from which `probeLimits` derives those of ffprobe. */
  limits: ProcessLimits
  /** Bytes of the input files that have been read so far. */
  bytesRead: () => number
  cwd: string
  signal: AbortSignal
}

export interface FfprobeOptions extends ProbeEnvironment {
  /** The input, preceded by its options. */
  input: readonly string[]
}

/**
 * @returns what ffprobe printed, JSON by default, and the end of its stderr. `isComplete` is false
 *   when `enoughBytes` ended ffprobe early; stderr is then empty.
 * @throws JobFailure when ffprobe cannot read the file or exceeds a limit
 * @throws Error when ffprobe cannot be started
 * @throws the reason of `signal` when it is aborted
 */
export async function runFfprobe(
  options: FfprobeOptions,
  query: FfprobeQuery,
): Promise<{ output: string; stderr: string; isComplete: boolean }> {
  const { entries, selection = [], format = 'json', enoughBytes, mayReadAll = false } = query
  const { maxCharacters = PROBE.outputCharacters } = query
  const limits = {
    ...probeLimits(options.limits),
    ...(mayReadAll && { cpuSeconds: WHOLE_FILE_CPU_SECONDS }),
  }
  const stopping = new AbortController()
  const timer = mayReadAll
    ? undefined
    : setTimeout(() => stopping.abort(probeTimedOut()), PROBE.seconds * 1_000)
  const bytesBefore = options.bytesRead()
  const readCheck = setInterval(() => {
    const read = options.bytesRead() - bytesBefore
    if (read > (enoughBytes ?? Infinity)) {
      stopping.abort(ENOUGH_READ)
    } else if (!mayReadAll && read > PROBE.readBytes) {
      stopping.abort(probeReadsTooMuch())
    }
  }, CHECK_INTERVAL_MS)
  let output = ''
  try {
    const result = await runProcess({
      file: options.ffprobe,
      arguments: [
        ...ffmpegOptions({ v: 'error', of: format, show_entries: entries }),
        ...selection,
        ...options.input,
      ],
      limits,
      cwd: options.cwd,
      signal: AbortSignal.any([options.signal, stopping.signal]),
      onStdout: (text) => {
        output += text
        if (output.length > maxCharacters) {
          stopping.abort(outputTooLong(maxCharacters))
        }
      },
    })
    throwOnFailure(result, limits)
    return { output, stderr: result.stderrTail, isComplete: true }
  } catch (error) {
    if (error === ENOUGH_READ) {
      return { output, stderr: '', isComplete: false }
    }
    throw error
  } finally {
    clearTimeout(timer)
    clearInterval(readCheck)
  }
}

function throwOnFailure(result: ProcessResult, limits: ProcessLimits): void {
  if (result.signal === 'SIGXCPU') {
    throw probeTooSlow()
  }
  // If the limit was lowered for a small machine, the file is not necessarily the cause.
  const isFileTooLarge = result.signal === null && limits.memoryBytes === PROBE.memoryBytes
  if (isFileTooLarge && ranOutOfMemory(result)) {
    throw indexTooLarge()
  }
  // A process that was killed says nothing about the file, so the attempt is repeated.
  if (result.signal !== null) {
    throw classifyFfmpegFailure(result)
  }
  if (result.code !== 0) {
    throw classifyProbeFailure(result)
  }
}

function probeTimedOut(): JobFailure {
  return new JobFailure(
    'stalled',
    `Reading the file's streams took longer than ${PROBE.seconds} seconds.`,
  )
}

function outputTooLong(maxCharacters: number): JobFailure {
  return new JobFailure(
    'input_invalid',
    `ffprobe's description of the file is longer than ${maxCharacters} characters.`,
  )
}
