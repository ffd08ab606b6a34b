/**
 * Runs ffmpeg over a plan and watches it: progress, stalls, how it ended. Owns nothing of what is
 * made of a failure afterwards.
 */
import { stat } from 'node:fs/promises'
import { JobFailure } from '../../failures.ts'
import { classifyFfmpegFailure, wasTerminated } from './classifyFailure.ts'
import { MAX_FRAMES, MAX_SECONDS, type ProcessLimits } from './limits.ts'
import { runProcess } from './process.ts'
import { createProgressReader, type Progress } from './progressParser.ts'
import { tooLong, tooManyFrames } from './limitErrors.ts'

const LOOK_MS = 500

/**
 * @param options.output the file that it writes; its growth is a sign of life too, because ffmpeg
 *   says nothing while it moves an MP4's index to the front
 * @param options.bytesRead of the source so far, another sign of life: a seek without an index has
 *   to read a long way before the first frame comes out
 * @param options.onStderr gets the end of stderr, however it ended
 * @throws JobFailure (`stalled` when none of these moved for `stallSeconds`, `unsupported` when it
 *   goes on and on, else as classified), or the signal's reason; ffmpeg is gone by then
 */
export async function runFfmpeg(options: {
  ffmpeg: string
  arguments: string[]
  limits: ProcessLimits
  cwd: string
  output: string
  signal: AbortSignal
  stallSeconds: number
  bytesRead: () => number
  onProgress: (progress: Progress) => void
  onStderr: (tail: string) => void
}): Promise<void> {
  const ending = new AbortController()
  const read = createProgressReader()
  let progress: Progress = { outSeconds: 0, frames: 0, bytes: 0 }
  let seen = ''
  let movedAt = performance.now()

  async function look() {
    const written = await stat(options.output).catch(() => null)
    const signs = [
      progress.outSeconds,
      progress.frames,
      options.bytesRead(),
      written?.size,
      written?.mtimeMs,
    ].join(' ')
    const now = performance.now()
    if (signs !== seen) {
      movedAt = now
    }
    seen = signs
    if (now - movedAt > options.stallSeconds * 1_000) {
      ending.abort(
        new JobFailure(
          'stalled',
          `Nothing moved for ${options.stallSeconds} seconds while the file was processed.`,
        ),
      )
    }
  }

  const watch = setInterval(() => void look(), LOOK_MS)
  try {
    const ended = await runProcess({
      file: options.ffmpeg,
      arguments: options.arguments,
      limits: options.limits,
      cwd: options.cwd,
      signal: AbortSignal.any([options.signal, ending.signal]),
      onStderr: options.onStderr,
      onStdout: (text) => {
        progress = read(text)
        if (progress.outSeconds > MAX_SECONDS) {
          ending.abort(tooLong(progress.outSeconds))
        }
        if (progress.frames > MAX_FRAMES) {
          ending.abort(tooManyFrames(progress.frames))
        }
        options.onProgress(progress)
      },
    })
    if (ended.code !== 0 || wasTerminated(ended)) {
      throw classifyFfmpegFailure(ended)
    }
  } finally {
    clearInterval(watch)
  }
}
