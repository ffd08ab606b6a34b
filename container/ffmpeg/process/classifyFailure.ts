/**
 * Classifies a failure of ffmpeg or ffprobe by exit code, signal and stderr. The message is for
 * users. For a failure that no rule classifies, it quotes the last line of stderr that states a
 * cause, without URLs and folders.
 */
import { JobFailure } from '../../failures.ts'
import type { Size } from '../geometry.ts'
import { findCause } from './errorLine.ts'
import { DEMUXERS } from './limits.ts'
import { frameTooLarge, isTooLarge, tooManyStreams } from './limitErrors.ts'
import type { ProcessResult } from './process.ts'

/**
 * Start of the message when the input is the cause. `attempt/runStep.ts` replaces it for watermarks
 * and subtitles.
 */
export const CANNOT_PROCESS = 'The file cannot be processed: '
const SUPPORTED_FILES = 'Send a video file such as MP4, MOV, MKV or WebM.'

/**
 * Patterns of stderr for errors in the input, each with its text for users. The first match is
 * used.
 */
const INPUT_ERRORS: [RegExp, string][] = [
  [/Invalid UTF-8 in decoded subtitles text/, 'the text is not UTF-8. Save it as UTF-8'],
  [/moov atom not found/, 'its index (the moov atom) is missing, so the file is truncated'],
  [/EBML header parsing failed/, 'its Matroska header is damaged'],
  [/partial file|Truncating packet/, 'it ends early'],
  [
    /Invalid data found when processing input/,
    'it is damaged, or its content is not audio or video',
  ],
  [/Invalid NAL unit|Error splitting the input into NAL units/, 'its video data is damaged'],
  [/Could not find codec parameters/, 'a stream in it is incomplete or in an unknown format'],
  [/Invalid timestamps|invalid dropping/, 'its timestamps are invalid'],
  [/Error while decoding|Decoding error/, 'its data cannot be decoded'],
]

/**
 * Errors of the WebP and GIF muxers when they receive no frame. ffmpeg 7 reports a lack of memory
 * for WebP, so this pattern must be tested before `OUT_OF_MEMORY`.
 */
const NO_FRAME =
  /WebPAnimEncoderAssemble\(\) failed|Error writing trailer\b.*Invalid argument[^]*nothing was encoded/

const OUT_OF_DISK = /No space left on device|ENOSPC|Disk quota exceeded/
const FILE_SIZE_LIMIT = /File too large/
/** The last alternative is for x264, which states no reason when its threads cannot get memory. */
const OUT_OF_MEMORY =
  /Cannot allocate memory|ENOMEM|std::bad_alloc|malloc of size|using cpu capabilities: .*\n.*Error while opening encoder/
const REJECTED_SIZE = /Picture size (\d+)x(\d+) (?:is invalid|exceeds)/
const TOO_MANY_STREAMS = /exceeds max_streams parameter/
const UNSUPPORTED =
  /Unknown encoder|Unknown decoder|Encoder not found|Decoder \(codec \w+\) not found|Decoder not found|not currently supported in container|No such filter|not implemented/i

/** Matches only the last line: a tag of the file can put the same text in an earlier line. */
const TERMINATED = /(?:^|\n)Exiting normally, received signal \d+\.\s*$/
const TERMINATION_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']

/**
 * True when SIGTERM or a similar signal ended the process early, whatever its exit code. Errors
 * about the input in its stderr can then come from the interruption instead of a damaged file.
 */
export function wasTerminated({ signal, stderrTail }: ProcessResult): boolean {
  return TERMINATED.test(stderrTail) || (signal !== null && TERMINATION_SIGNALS.includes(signal))
}

/**
 * True when the process exceeded its limit of CPU time. ffmpeg handles SIGXCPU (24 on Linux) like
 * SIGTERM: it exits by itself, and names the signal in its last line.
 */
function usedUpCpuTime({ signal, stderrTail }: ProcessResult): boolean {
  const [ending = ''] = TERMINATED.exec(stderrTail) ?? []
  return signal === 'SIGXCPU' || ending.includes('received signal 24.')
}

/** True when stderr has an error about the input, whatever the exit code. */
export function hasInputError(stderr: string): boolean {
  return INPUT_ERRORS.some(([pattern]) => pattern.test(stderr))
}

const ENDS_EARLY = /partial file|File ended prematurely|Truncating packet|Packet corrupt/

/** True when stderr has an error that a truncated input causes. */
export function endsEarly(stderr: string): boolean {
  return ENDS_EARLY.test(stderr)
}

/** A line that a demuxer wrote, such as `[matroska,webm @ 0x55b32c6f98c0] …`. */
const DEMUXER_LINE = new RegExp(String.raw`^\[(in#\d+/)?(${DEMUXERS.join('|')})[\w,]* @ 0x`, 'm')

/**
 * True when a demuxer complained about the input. Many complaints have no consequence, so this
 * explains only an output that is too short.
 */
export function hasDemuxerComplaint(stderr: string): boolean {
  return DEMUXER_LINE.test(stderr)
}

/** A line that a decoder of video wrote. */
const DECODER_LINE =
  /^\[(?:vist#\S+ @ 0x\w+\] \[dec:)?(?:h264|hevc|mpeg\w*video|mpeg4|vp[89]|libdav1d|av1|vc1)\b[^\]]* @ 0x/m

/** True when a decoder complained, for example because a recording begins between two key frames. */
export function hasDecoderComplaint(stderr: string): boolean {
  return DECODER_LINE.test(stderr)
}

/**
 * True when the process could not get memory. SIGKILL counts, because the kernel sends it when
 * memory runs out.
 */
export function ranOutOfMemory({ code, signal, stderrTail }: ProcessResult): boolean {
  if (TOO_MANY_STREAMS.test(stderrTail)) {
    return false
  }
  return signal === 'SIGKILL' || code === 137 || (code !== 0 && OUT_OF_MEMORY.test(stderrTail))
}

/** The frame size that ffmpeg rejected as too large; null if it did not. */
export function findRejectedSize(stderr: string): Size | null {
  const [, width, height] = REJECTED_SIZE.exec(stderr) ?? []
  const size = { width: Number(width), height: Number(height) }
  return isTooLarge(size) ? size : null
}

/** Failure for a file that ffprobe could not open. */
export function classifyProbeFailure(result: ProcessResult): JobFailure {
  const { stderrTail } = result
  if (TOO_MANY_STREAMS.test(stderrTail)) {
    return tooManyStreams()
  }
  if (ranOutOfMemory(result)) {
    return classifyFfmpegFailure(result)
  }
  const [, demuxer] = /\[(\w+)[^\]]*\] Format not on whitelist/.exec(stderrTail) ?? []
  const message =
    demuxer === undefined
      ? `The file has no audio or video that ffmpeg can read: ${findReason(stderrTail)}.`
      : `ffmpeg recognises the file as "${demuxer}", which is not an accepted format.`
  return new JobFailure('input_invalid', `${message} ${SUPPORTED_FILES}`)
}

/**
 * Failure for an ffmpeg or ffprobe process that the runner did not kill. The messages name ffmpeg
 * for both.
 */
export function classifyFfmpegFailure(result: ProcessResult): JobFailure {
  const { stderrTail } = result
  if (usedUpCpuTime(result)) {
    return new JobFailure('timeout', 'ffmpeg used more CPU time than this step may use.')
  }
  if (wasTerminated(result)) {
    return new JobFailure('internal', 'ffmpeg was ended by a signal that the runner did not send.')
  }
  if (result.signal === 'SIGXFSZ' || FILE_SIZE_LIMIT.test(stderrTail)) {
    return new JobFailure(
      'out_of_disk',
      'The output is larger than this runner allows. The maximum is its disk space for a job, but at most 49 GiB. Give the runner more disk, or request a smaller or shorter variant.',
    )
  }
  if (OUT_OF_DISK.test(stderrTail)) {
    return new JobFailure(
      'out_of_disk',
      'The runner has too little disk space for this file. Give it more, or request a smaller or shorter variant.',
    )
  }
  if (NO_FRAME.test(stderrTail)) {
    return new JobFailure('input_invalid', 'The file has no frame at the requested time.')
  }
  if (ranOutOfMemory(result)) {
    return new JobFailure(
      'out_of_memory',
      'The runner has too little memory for this file. Give it more, or request a smaller variant.',
    )
  }
  const size = findRejectedSize(stderrTail)
  if (size !== null) {
    return frameTooLarge(size)
  }
  if (UNSUPPORTED.test(stderrTail)) {
    return new JobFailure(
      'unsupported',
      "The runner's ffmpeg cannot read or write one of the formats.",
    )
  }
  if (hasInputError(stderrTail)) {
    return new JobFailure('input_invalid', `${CANNOT_PROCESS}${findReason(stderrTail)}.`)
  }
  const ending = result.signal === null ? 'failed' : `was ended by ${result.signal}`
  const cause = findCause(stderrTail)
  return new JobFailure(
    'internal',
    cause === null ? `ffmpeg ${ending} and gave no reason.` : `ffmpeg ${ending}: ${cause}`,
  )
}

function findReason(stderr: string): string {
  return (
    INPUT_ERRORS.find(([pattern]) => pattern.test(stderr))?.[1] ?? 'its format is not supported'
  )
}
