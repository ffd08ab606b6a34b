/**
 * Edit step: makes the audio of a file begin at time 0.
 *
 * ffmpeg builds the filters of audio anew when the number of channels or the sample rate changes in
 * mid-stream. A filter that adds silence at the start would then add it again. So the silence comes
 * from an input of its own, the marker, which has ended by then: it is only in the first graph.
 */
import { ffmpegOptions } from '../../process/options.ts'
import type { EditedOutput, SourceFile } from '../editedOutput.ts'
import { formatDecimal } from '../numbers.ts'

/** `aresample=async` fills a gap that is longer than this with silence, and ignores others. */
const MAX_IGNORED_GAP_SECONDS = 0.1
/** The first frame may begin this much later than the file declares. */
const START_TOLERANCE_SECONDS = 0.05

/**
 * True when the marker is an input, which follows the files. Joined files have no marker, and neither
 * has audio without a container, which always begins at time 0.
 */
export function hasAudioMarker({ hasAudio, files }: EditedOutput): boolean {
  return hasAudio && files.length === 1 && files[0].audio?.hasStoredTimes === true
}

/** Returns the arguments that open the marker; null when there is none. */
export function openAudioMarker(output: EditedOutput): string[] | null {
  const { audio } = output.files[0]
  if (!hasAudioMarker(output) || audio === null) {
    return null
  }
  const samples = Math.max(1, Math.round(findShortDelay(output.files[0]) * audio.sampleRate))
  const silence = `anullsrc=r=${audio.sampleRate}:cl=${audio.channels === 1 ? 'mono' : 'stereo'}`
  return ffmpegOptions({ f: 'lavfi', i: `${silence},atrim=end_sample=${samples}` })
}

/**
 * Returns chains that put the marker before the audio with the label `from`.
 *
 * `concat` moves the audio by the duration of the marker. So audio that begins with a short delay
 * is first moved to time 0; in a graph that is built in mid-stream it keeps its time.
 */
export function startAtZero(output: EditedOutput, from: string, to: string): string {
  const delay = findShortDelay(output.files[0])
  const isFirst = `eq(N,0)*lt(T,${formatDecimal(delay + START_TOLERANCE_SECONDS)})`
  const move = `asetpts='st(0,if(eq(N,0),${isFirst}*${formatDecimal(delay, 6)},ld(0)));PTS-ld(0)/TB'`
  return [
    `${from}atrim=start=0${delay === 0 ? '' : `,${move}`}[timed]`,
    `[${output.files.length}:a:0][timed]concat=n=2:v=0:a=1${to}`,
  ].join(';')
}

/** Returns the delay of the audio in seconds; 0 when it is long enough to be filled as a gap. */
function findShortDelay({ audio, trim }: SourceFile): number {
  const delay = Math.max(0, (audio?.startSeconds ?? 0) - trim.startSeconds)
  return delay < MAX_IGNORED_GAP_SECONDS ? delay : 0
}
