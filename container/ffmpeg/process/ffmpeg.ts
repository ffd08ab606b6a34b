/** Runs ffmpeg, reports its progress, and ends it when it stalls or exceeds a limit. */
import { stat } from 'node:fs/promises'
import { JobFailure, WrongTimes } from '../../failures.ts'
import { classifyFfmpegFailure, wasTerminated } from './classifyFailure.ts'
import { tooLong, tooManyFrames } from './limitErrors.ts'
import { MAX_FRAMES, MAX_SECONDS, type ProcessLimits } from './limits.ts'
import { runProcess } from './process.ts'
import { createProgressReader, type Progress } from './progressParser.ts'
import { createReportReader } from './wrongTime.ts'
import { FIRST_TIME_REPORT } from './firstTime.ts'

const STALL_CHECK_INTERVAL_MS = 500

export interface FfmpegOptions {
  ffmpeg: string
  arguments: string[]
  limits: ProcessLimits
  cwd: string
  /**
   * Path of the output. The stall check counts a change of this file as progress, e.g. while ffmpeg
   * moves an MP4's index.
   */
  output: string
  signal: AbortSignal
  stallSeconds: number
  /** True to stop ffmpeg when it meets a wrong time, see `wrongTime.ts`. */
  checksTimes: boolean
  /**
   * Bytes transferred so far: read from the source and the reference files, and, for a stream,
   * uploaded. The stall check counts them as progress, e.g. while ffmpeg seeks in a file without an
   * index.
   */
  bytesRead: () => number
  /**
   * Milliseconds since the gateway last responded. ffmpeg cannot read the source while the gateway
   * does not respond, so a silence of more than MIN_SILENCE_MS does not count as a stall.
   */
  silentMs: () => number
  onProgress: (progress: Progress) => void
  /** Receives the end of stderr once ffmpeg has ended, also when it was aborted. */
  onStderr: (tail: string) => void
}

/**
 * Runs ffmpeg. Returns or throws only after ffmpeg has ended.
 *
 * @throws JobFailure `stalled` when there was no progress for `stallSeconds`, `unsupported` when
 *   the output is too long or has too many frames, or the failure that `classifyFfmpegFailure`
 *   returns
 * @throws WrongTimes when ffmpeg has met a wrong time, if `checksTimes` is true
 * @throws Error when ffmpeg cannot be started
 * @throws the reason of `signal` when it is aborted
 */
export async function runFfmpeg(options: FfmpegOptions): Promise<void> {
  const stopping = new AbortController()
  const parseProgress = createProgressReader()
  const hasReport = createReportReader()
  let progress: Progress = { outSeconds: 0, frames: 0, bytes: 0 }
  const stallCheck = startStallCheck(options, () => progress, stopping)
  try {
    const result = await runProcess({
      file: options.ffmpeg,
      arguments: options.arguments,
      limits: options.limits,
      cwd: options.cwd,
      signal: AbortSignal.any([options.signal, stopping.signal]),
      keepText: FIRST_TIME_REPORT,
      onStderr: options.onStderr,
      onStderrText: (text) => {
        if (options.checksTimes && hasReport(text)) {
          stopping.abort(new WrongTimes('a frame or its audio has a wrong time'))
        }
      },
      onStdout: (text) => {
        progress = parseProgress(text)
        if (progress.outSeconds > MAX_SECONDS) {
          stopping.abort(tooLong(progress.outSeconds))
        }
        if (progress.frames > MAX_FRAMES) {
          stopping.abort(tooManyFrames(progress.frames))
        }
        options.onProgress(progress)
      },
    })
    if (result.code !== 0 || wasTerminated(result)) {
      throw classifyFfmpegFailure(result)
    }
  } finally {
    clearInterval(stallCheck)
  }
}

/** A shorter time without a response is normal: runners report about once a second. */
const MIN_SILENCE_MS = 3_000

/**
 * Aborts `stopping` when nothing has changed for `stallSeconds`. Time in which the gateway is silent
 * does not count.
 */
function startStallCheck(
  { output, bytesRead, silentMs, stallSeconds }: FfmpegOptions,
  progress: () => Progress,
  stopping: AbortController,
): NodeJS.Timeout {
  let lastSnapshot = ''
  let changedAt = performance.now()

  async function check() {
    const file = await stat(output).catch(() => null)
    const { outSeconds, frames } = progress()
    const snapshot = [outSeconds, frames, bytesRead(), file?.size, file?.mtimeMs].join(' ')
    const now = performance.now()
    if (snapshot !== lastSnapshot || silentMs() > MIN_SILENCE_MS) {
      changedAt = now
    }
    lastSnapshot = snapshot
    if (now - silentMs() - changedAt > stallSeconds * 1_000) {
      const message = `ffmpeg made no progress for ${stallSeconds} seconds.`
      stopping.abort(new JobFailure('stalled', message))
    }
  }

  return setInterval(() => void check(), STALL_CHECK_INTERVAL_MS)
}
