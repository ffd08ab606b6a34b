/**
 * Limits for ffmpeg and ffprobe, with the reason for each number; docs/media-safety.md describes
 * how they work together. Files come from strangers. A playlist, a concat script or an image
 * pattern can name local files and internal addresses, so only self-contained media formats are
 * opened, and only from the address that the runner serves.
 */
import { ffmpegOptions } from './options.ts'

/**
 * Allowed demuxers. One with several names ("mov,mp4,m4a,…") is allowed when any of its names is
 * listed; checked with ffmpeg 5.1. Never add `-enable_drefs`: without it, a QuickTime file cannot
 * refer to another file.
 */
const DEMUXERS = [
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
  'wav',
  'mp3',
  'aac',
  'flac',
]

const MIB = 1024 ** 2
const GIB = 1024 ** 3

/** 8192 × 8192: enough for 8K UHD. A header could declare a larger frame to exhaust the memory. */
export const MAX_PIXELS = 8192 * 8192
/** Films on disc have about 40 (audio, subtitles). Each needs buffers, and is probed. */
export const MAX_STREAMS = 64
/** A day: the largest time that a transformation can name. */
export const MAX_SECONDS = 86_400
/** A day at 60 frames per second. */
export const MAX_FRAMES = 60 * MAX_SECONDS
/** R2 accepts 10,000 parts, and the gateway's parts have at least 5 MiB: 49 GiB. */
const MAX_OUTPUT_BYTES = 10_000 * 5 * MIB

/** Input options of ffmpeg and ffprobe for a source; they precede its URL. */
export const INPUT_LIMITS: readonly string[] = ffmpegOptions({
  protocol_whitelist: 'http,tcp',
  format_whitelist: DEMUXERS.join(','),
  max_streams: MAX_STREAMS,
  max_pixels: MAX_PIXELS,
})

/** Input options for a file of one format: it is opened with this demuxer, whatever it contains. */
export function forceDemuxer(demuxer: string): string[] {
  return ffmpegOptions({
    protocol_whitelist: 'http,tcp',
    format_whitelist: demuxer,
    f: demuxer,
    max_streams: 1,
    max_pixels: MAX_PIXELS,
  })
}

/** Input options for a file that the runner has written to its scratch folder. */
export const LOCAL_FILE_INPUT: readonly string[] = ffmpegOptions({ protocol_whitelist: 'file' })

/**
 * First options of every ffmpeg command: never ask on stdin, and write progress as `key=value`
 * lines.
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
  /** Heap and stacks; not the program, and not address space that is only reserved. */
  memoryBytes: number
  /** Size of each file that it writes. */
  fileBytes: number
  /** CPU time of all threads together; null for no limit. */
  cpuSeconds: number | null
}

/** ffmpeg opens its source, its output and its pipes, and one library at a time when it starts. */
export const MAX_OPEN_FILES = 64

/**
 * Limits for ffmpeg. It gets three quarters of the memory, so that the runner and the system
 * survive any file. Encoding 1080p takes 0.5 GiB and decoding 8K 4 GiB (measured, two cores); the
 * maximum is twice that.
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
 * Limits for ffprobe, which reads a few MiB and decodes a few frames. The index of a day of video
 * (80 MiB to read, 250 MiB in memory, half a second) and 8K (0.4 GiB, half a second) are well
 * below.
 */
export const PROBE = {
  memoryBytes: GIB,
  cpuSeconds: 4,
  /** Elapsed time, including reads from storage. */
  seconds: 120,
  readBytes: 128 * MIB,
  /** Maximum size of the output of ffprobe, which prints about 600 characters for each stream. */
  outputCharacters: 1e6,
} as const

/** ffprobe never gets more memory than ffmpeg. It writes no file. */
export function probeLimits(encode: ProcessLimits): ProcessLimits {
  const { memoryBytes, cpuSeconds } = PROBE
  return { memoryBytes: Math.min(memoryBytes, encode.memoryBytes), cpuSeconds, fileBytes: 0 }
}
