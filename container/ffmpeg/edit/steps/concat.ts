/** Edit step: joins files one after another. */
import type { EditedOutput } from '../editedOutput.ts'
import { type Geometry, isSameSize, type Size } from '../../geometry.ts'
import type { VideoStream } from '../../probe/probe.ts'
import type { UsedFile } from '../joinedFiles.ts'
import { frameRateFilter } from './frameRate.ts'
import { moveToOutput } from './plannedFrames.ts'
import { selectRange } from './selectRange.ts'

/**
 * The labels of the files' tracks, in the order of the files; null for a track that is not used.
 */
interface JoinedTracks {
  video: readonly string[] | null
  audio: readonly string[] | null
}

/**
 * Joins video and audio in one filter, so that the video and the audio of each file start together.
 * If the video of a file ends before its audio, a constant frame rate fills the gap with frames.
 *
 * @param frames of the first of the files, in the output
 * @param to the output labels of the joined tracks
 */
export function concat(
  output: EditedOutput,
  frames: UsedFile['frames'],
  { video, audio }: JoinedTracks,
  to: { video: string; audio: string },
): string[] {
  const inputs = (video ?? audio ?? []).map(
    (_, index) => `${video?.[index] ?? ''}${audio?.[index] ?? ''}`,
  )
  const counts = `n=${inputs.length}:v=${video === null ? 0 : 1}:a=${audio === null ? 0 : 1}`
  const outputs = `${video === null ? '' : '[uneven]'}${audio === null ? '' : to.audio}`
  return [
    `${inputs.join('')}concat=${counts}${outputs}`,
    ...(video === null ? [] : [`[uneven]${makeEven(output, frames).join(',')}${to.video}`]),
  ]
}

function makeEven(
  { constantFrameRate: rate, frameRate, range }: EditedOutput,
  frames: UsedFile['frames'],
): string[] {
  return rate === null
    ? ['null']
    : [
        frameRateFilter(rate),
        ...(frames === null ? [] : moveToOutput(frames.first + frames.skipped, rate)),
        ...selectRange({ range: range && { ...range, frameRate } }),
      ]
}

/** Scales an appended file to fit into the frame of the first one, and centres it with bars. */
export function fitIntoFrame({ display }: VideoStream, output: Size, unit: 1 | 2): Geometry {
  const factor = Math.min(output.width / display.width, output.height / display.height)
  const scaleSide = (side: number, max: number) =>
    Math.min(max, Math.max(unit, Math.round((side * factor) / unit) * unit))
  const center = (outer: number, inner: number) => Math.floor((outer - inner) / 2 / unit) * unit
  const scaled = {
    width: scaleSide(display.width, output.width),
    height: scaleSide(display.height, output.height),
  }
  if (isSameSize(scaled, output)) {
    return { scaled, crop: null, pad: null, output }
  }
  const x = center(output.width, scaled.width)
  const y = center(output.height, scaled.height)
  return { scaled, crop: null, pad: { ...output, x, y }, output }
}
