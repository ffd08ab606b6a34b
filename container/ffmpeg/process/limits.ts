/**
 * Limits for ffmpeg and ffprobe, with the reasons for most numbers; docs/media-safety.md describes
 * how they work together. Files are untrusted: a playlist, a concat script or an image pattern can
 * refer to local files and internal addresses. So ffmpeg opens only self-contained media formats,
 * and a source only by HTTP, from the runner's own server.
 */
import { ffmpegOptions } from './options.ts'

/**
 * Allowed demuxers. A demuxer with several names ("mov,mp4,m4a,…") is allowed when one of them is
 * listed (tested with ffmpeg 5.1). Never add `-enable_drefs`: without it, a QuickTime file cannot
 * refer to another file.
 */
export const DEMUXERS = [
  'mov',
  'matroska',
  'webm',
  'avi',
  'mpegts',
  'mpeg',
  'flv',
  'asf',
  'ogg',
  'mxf',
  'dv',
  'ivf',
  'gif',
  'apng',
  'wav',
  'mp3',
  'aac',
  'flac',
]

const MIB = 1024 ** 2
const GIB = 1024 ** 3

/** 8192 × 8192: enough for 8K UHD. A header could declare a larger frame to exhaust the memory. */
export const MAX_PIXELS = 8192 * 8192
/** ffmpeg probes and buffers each stream. A film from a disc has about 40 streams. */
export const MAX_STREAMS = 64
/** One day, which is also the maximum of the positions in a transformation (`so`, `eo`, `tt`). */
export const MAX_SECONDS = 86_400
/**
 * Minimum size of a second, after the first hour. A recording of a still screen or of silence has
 * more; two frames with a day between them have less.
 */
export const MIN_BYTES_PER_SECOND = 10
/** Returns the maximum duration of a file of this size. */
export function maxSecondsOf(sizeBytes: number): number {
  return 3_600 + Math.floor(sizeBytes / MIN_BYTES_PER_SECOND)
}
/** One day at 60 frames per second. */
export const MAX_FRAMES = 60 * MAX_SECONDS
/**
 * About 49 GiB: 10,000 parts, the maximum of R2, of the smallest size that R2 accepts. The Worker
 * chooses the part size, so an output of this size can be uploaded with every choice.
 */
const MAX_OUTPUT_BYTES = 10_000 * 5 * MIB

/**
 * Limits for the sockets of ffmpeg. The system lets their buffers grow by the speed at which the data
 * is read, to megabytes. The server then fetches as much from storage for each connection, although
 * ffmpeg often closes it after a few kilobytes; and ffmpeg reads up to a position that is less than
 * its receive buffer ahead, instead of seeking. With these values, the buffers of a new connection
 * have up to 0.8 MB together, and those of a long one up to 1.8 MB (measured). Small segments limit
 * the server's buffer, which has room for a number of them.
 */
const SOCKET_OPTIONS = { recv_buffer_size: 64 * 1024, tcp_mss: 1_400 } as const

/** Input options of ffmpeg and ffprobe for a stored media file; they precede its URL. */
export const INPUT_LIMITS: readonly string[] = ffmpegOptions({
  protocol_whitelist: 'http,tcp',
  format_whitelist: DEMUXERS.join(','),
  max_streams: MAX_STREAMS,
  max_pixels: MAX_PIXELS,
  ...SOCKET_OPTIONS,
})

/** Input options that open a file with this demuxer, without detecting its format. */
export function forceDemuxer(demuxer: string): string[] {
  return ffmpegOptions({
    protocol_whitelist: 'http,tcp',
    format_whitelist: demuxer,
    f: demuxer,
    max_streams: 1,
    max_pixels: MAX_PIXELS,
    ...SOCKET_OPTIONS,
  })
}

/** Input options of a stored file. */
export function selectInputLimits({ demuxer }: { demuxer?: string | null }): readonly string[] {
  return demuxer == null ? INPUT_LIMITS : forceDemuxer(demuxer)
}

/** Input options for a file that the runner has written to its scratch folder. */
export const LOCAL_FILE_INPUT: readonly string[] = ffmpegOptions({ protocol_whitelist: 'file' })

/**
 * First options of the ffmpeg command of a step: ffmpeg does not read stdin, and writes its
 * progress to stdout as `key=value` lines.
 */
export const COMMON_OPTIONS: readonly string[] = ffmpegOptions({
  hide_banner: true,
  nostdin: true,
  nostats: true,
  progress: 'pipe:1',
  y: true,
})

/** Limits that the operating system enforces on a process; `rlimits.ts` sets them. */
export interface ProcessLimits {
  /** Memory for heap and stacks. Program code and reserved address space do not count. */
  memoryBytes: number
  /** Maximum size of each file that the process writes. */
  fileBytes: number
  /** CPU time of all threads together; null for no limit. */
  cpuSeconds: number | null
}

/**
 * Maximum number of open files of a process. ffmpeg needs fewer: it opens its inputs, its outputs,
 * its pipes, and one library at a time when it starts.
 */
export const MAX_OPEN_FILES = 64

/**
 * Limits for ffmpeg. It gets three quarters of the memory, and leaves the rest to the runner and
 * the system. On two cores, encoding 1080p takes 0.5 GiB and decoding 8K takes 4 GiB (measured).
 * The maximum of 8 GiB is twice as much.
 *
 * @param machine.diskBytes disk space of a job; null for no limit
 */
export function encodeLimits(machine: {
  memoryBytes: number
  diskBytes: number | null
}): ProcessLimits {
  return {
    memoryBytes: Math.min(8 * GIB, Math.floor(machine.memoryBytes * 0.75)),
    fileBytes: Math.min(MAX_OUTPUT_BYTES, machine.diskBytes ?? Infinity),
    cpuSeconds: null,
  }
}

/**
 * Limits for ffprobe, which reads a few MiB of most files and decodes a few frames. Large valid
 * files stay below them: the index of a day of video needs 80 MiB to be read, 250 MiB of memory and
 * half a second, and 8K video needs 0.4 GiB of memory and half a second (measured).
 */
export const PROBE = {
  memoryBytes: GIB,
  cpuSeconds: 4,
  /** Elapsed time, including reads from storage. */
  seconds: 120,
  readBytes: 128 * MIB,
  /** Maximum size of the output of ffprobe. */
  outputCharacters: 1e6,
} as const

/**
 * Limits for the conversion of an image that is decoded once, such as a watermark. The largest
 * accepted image, 8192 by 8192 with 16 bits, needs 0.6 GiB of memory and 2.4 seconds (measured). A
 * small file can need far more: a colour profile of half a megabyte can unpack to 500 MB.
 */
export const IMAGE = { memoryBytes: 768 * MIB, cpuSeconds: 4 } as const

/** Lowers the limits of ffmpeg to those for the conversion of an image. */
export function imageLimits(encode: ProcessLimits): ProcessLimits {
  return {
    ...encode,
    memoryBytes: Math.min(IMAGE.memoryBytes, encode.memoryBytes),
    cpuSeconds: IMAGE.cpuSeconds,
  }
}

/** ffprobe never gets more memory than ffmpeg. It writes no file. */
export function probeLimits(encode: ProcessLimits): ProcessLimits {
  const { memoryBytes, cpuSeconds } = PROBE
  return { memoryBytes: Math.min(memoryBytes, encode.memoryBytes), cpuSeconds, fileBytes: 0 }
}
