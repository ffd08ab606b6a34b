/** Computes the output of the edits: frame size, duration, frame rate, and whether it has audio. */
import { NAME_DEFAULTS } from '../../../src/contract/defaults.ts'
import { resolveGeometry } from '../probe/videoSource.ts'
import type { PlanContext } from '../renderPlan.ts'
import type { EditedOutput, FrameFormat, SourceFile, Trim } from './editedOutput.ts'
import type { Edits, RequestedEdits } from './edits.ts'
import { listSourceFiles } from './sourceFiles.ts'
import { checkFrameCount } from './checkFrameCount.ts'
import { checkFades } from './steps/fades.ts'
import { resolveFrameRate } from './steps/frameRate.ts'
import { rotateSizes } from './steps/orientation.ts'

export interface OutputRequest {
  /** Format of the frames; null for audio only. */
  frame: FrameFormat | null
  /** True to include audio. The output then has audio if any file has. */
  audio: boolean
  /** Replaces the rendition's start and end; the caller has checked it. */
  trim?: Trim
}

/**
 * @throws JobFailure `unsupported` when the edits are impossible with a file, or it exceeds a limit
 */
export function describeOutput(
  rendition: RequestedEdits,
  context: PlanContext,
  request: OutputRequest,
): EditedOutput {
  const edits: Edits = { ...NAME_DEFAULTS.fields, ...rendition }
  const { frame, trim } = request
  const files = listSourceFiles(edits, context, { needsVideo: frame !== null, trim })
  const [{ video }] = files
  const geometry =
    frame !== null && video !== null
      ? resolveGeometry(rotateSizes(video, edits.rotate), { ...edits, ...frame })
      : null
  const seconds = sumDurations(files, edits.speed)
  checkFades(edits, seconds)
  const rate = describeFrameRate(files, edits)
  if (frame !== null && rate.constantFrameRate !== null) {
    checkFrameCount({ seconds, files, edits }, rate.constantFrameRate)
  }
  return {
    edits,
    files,
    frame,
    geometry,
    size: geometry?.output ?? null,
    hasAudio: request.audio && files.some(({ audio }) => audio !== null),
    seconds,
    ...rate,
  }
}

function sumDurations(files: readonly SourceFile[], speed: number): number | null {
  const joinedSeconds = files.reduce<number | null>(
    (sum, { seconds }) => (sum === null || seconds === null ? null : sum + seconds),
    0,
  )
  return joinedSeconds === null ? null : joinedSeconds / speed
}

function describeFrameRate(
  files: readonly [SourceFile, ...SourceFile[]],
  { frameRate: requested, speed }: Edits,
): Pick<EditedOutput, 'frameRate' | 'constantFrameRate'> {
  const source = files[0].video?.frameRate ?? null
  const isJoined = files.length > 1
  const constantFrameRate = resolveFrameRate({ requested, source, speed, isJoined })
  return {
    constantFrameRate,
    frameRate: constantFrameRate ?? (source === null ? null : source * speed),
  }
}
