/**
 * From what ffmpeg said to why the job failed. Owns the patterns and the words; a person who sent
 * the file reads them, so no address and no path is ever in them.
 */
import { JobFailure } from '../../failures.ts'
import type { Size } from '../edit/geometry.ts'
import type { ProcessResult } from './process.ts'
import { isTooLarge, tooLarge, tooManyStreams } from './limitErrors.ts'

const ACCEPTED = 'Send a video file such as MP4, MOV, MKV or WebM.'

/** Lines that say why a file could not be read, and what a person makes of them. */
const INPUT_ERRORS: [RegExp, string][] = [
  [/moov atom not found/, 'its index (the moov atom) is missing, so it was cut short'],
  [/EBML header parsing failed/, 'its Matroska header is broken'],
  [/partial file|Truncating packet/, 'it ends early'],
  [/Invalid data found when processing input/, 'its content is not media, or is damaged'],
  [/Invalid NAL unit|Error splitting the input into NAL units/, 'its video data is damaged'],
  [/Could not find codec parameters/, 'a stream in it cannot be made out'],
  [/Invalid timestamps|invalid dropping/, 'its time stamps make no sense'],
  [/Error while decoding|Decoding error/, 'its data cannot be decoded'],
]

/**
 * What the muxers of WebP and GIF make of no picture at all. Version 7 says of WebP's that there is
 * no memory, so this comes first.
 */
const NO_PICTURE =
  /WebPAnimEncoderAssemble\(\) failed|Error writing trailer\b.*Invalid argument[^]*nothing was encoded/

const OUT_OF_DISK = /No space left on device|ENOSPC|Disk quota exceeded/
const FILE_LIMIT = /File too large/
/** The last: x264 does not say why when it is its threads for which there is no memory. */
const OUT_OF_MEMORY =
  /Cannot allocate memory|ENOMEM|std::bad_alloc|malloc of size|using cpu capabilities: .*\n.*Error while opening encoder/
const SIZE_REFUSED = /Picture size (\d+)x(\d+) (?:is invalid|exceeds)/
const TOO_MANY_STREAMS = /exceeds max_streams parameter/
const UNSUPPORTED =
  /Unknown encoder|Unknown decoder|Encoder not found|Decoder \(codec \w+\) not found|Decoder not found|not currently supported in container|No such filter|not implemented/i

/** Its very last words when a signal ended it in good order; tags in a file do not come last. */
const TERMINATED = /(?:^|\n)Exiting normally, received signal \d+\.\s*$/
const OBEYED = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']

/**
 * True when a signal had it end before its time, whatever its exit code. It then complains of its
 * input, of which it was kept from reading more, so nothing that it says is true of the file.
 */
export function wasTerminated({ signal, stderrTail }: ProcessResult): boolean {
  return TERMINATED.test(stderrTail) || (signal !== null && OBEYED.includes(signal))
}

/** True when ffmpeg complained about its input, whatever its exit code. */
export function hasInputError(stderr: string): boolean {
  return INPUT_ERRORS.some(([pattern]) => pattern.test(stderr))
}

/** True when it ended for want of memory: its own limit, or the system's, which kills. */
export function ranOutOfMemory({ code, signal, stderrTail }: ProcessResult): boolean {
  if (TOO_MANY_STREAMS.test(stderrTail)) {
    return false
  }
  return signal === 'SIGKILL' || code === 137 || (code !== 0 && OUT_OF_MEMORY.test(stderrTail))
}

/** The size of a picture that ffmpeg refused to decode because of it, if it did. */
export function findRejectedSize(stderr: string): Size | null {
  const [, width, height] = SIZE_REFUSED.exec(stderr) ?? []
  const size = { width: Number(width), height: Number(height) }
  return isTooLarge(size) ? size : null
}

/** The failure for a file that ffprobe could not open. */
export function classifyProbeFailure(ended: ProcessResult): JobFailure {
  const stderr = ended.stderrTail
  if (TOO_MANY_STREAMS.test(stderr)) {
    return tooManyStreams()
  }
  if (ranOutOfMemory(ended)) {
    return classifyFfmpegFailure(ended)
  }
  const refused = /\[(\w+)[^\]]*\] Format not on whitelist/.exec(stderr)
  if (refused !== null) {
    return new JobFailure(
      'input_invalid',
      `The file is not a video but something that ffmpeg knows as "${refused[1]}". ${ACCEPTED}`,
    )
  }
  return new JobFailure(
    'input_invalid',
    `The file holds no video or audio that ffmpeg can read: ${reason(stderr)}. ${ACCEPTED}`,
  )
}

/** The failure for an ffmpeg that ended badly by itself (not killed by the runner). */
export function classifyFfmpegFailure(ended: ProcessResult): JobFailure {
  const { stderrTail: said } = ended
  if (wasTerminated(ended)) {
    return new JobFailure('internal', 'Something other than the runner ended ffmpeg.')
  }
  if (ended.signal === 'SIGXFSZ' || FILE_LIMIT.test(said)) {
    return new JobFailure(
      'out_of_disk',
      'The result became larger than this runner has room for in one job: give it more disk, or ask for a smaller or shorter variant.',
    )
  }
  if (OUT_OF_DISK.test(said)) {
    return new JobFailure(
      'out_of_disk',
      'The runner had too little disk space for this file: give it more, or ask for a smaller or shorter variant.',
    )
  }
  if (NO_PICTURE.test(said)) {
    return new JobFailure('input_invalid', 'The file has no picture at the time asked for.')
  }
  if (ranOutOfMemory(ended)) {
    return new JobFailure(
      'out_of_memory',
      'The runner had too little memory for this file: give it more, or ask for a smaller variant.',
    )
  }
  const size = findRejectedSize(said)
  if (size !== null) {
    return tooLarge(size)
  }
  if (UNSUPPORTED.test(said)) {
    return new JobFailure('unsupported', 'This ffmpeg cannot read or write one of the formats.')
  }
  if (hasInputError(said)) {
    return new JobFailure('input_invalid', `The file cannot be processed: ${reason(said)}.`)
  }
  return new JobFailure('internal', `ffmpeg ended with ${ended.signal ?? `code ${ended.code}`}.`)
}

function reason(stderr: string): string {
  return (
    INPUT_ERRORS.find(([pattern]) => pattern.test(stderr))?.[1] ??
    'it is in no format that is known'
  )
}
