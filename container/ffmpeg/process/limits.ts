/**
 * What ffmpeg and ffprobe may do with a file that a stranger sent, every number with its reason; the
 * whole of it in words is docs/media-safety.md. Hostile media is normal input: a playlist, a concat
 * script or an image pattern can name local files and internal addresses, so only self-contained
 * media formats are opened, and nothing but the one address that they get.
 */

/**
 * Demuxers by name. A demuxer with several names ("mov,mp4,m4a,…") matches when any one of them is
 * listed; checked with ffmpeg 5.1. Audio formats are here so that a sound file is refused with words
 * about sound. Never `-enable_drefs`: without it a QuickTime file cannot name another one.
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

/** 8192 × 8192: above 8K UHD, below what a header can claim to exhaust memory. */
export const MAX_PIXELS = 8192 * 8192
/** Films on disc have some 40 (sound, subtitles); each costs buffers, and is looked into. */
export const MAX_STREAMS = 64
/** A day: the largest offset that a transformation can name. */
export const MAX_SECONDS = 86_400
/** A day at 60 a second. */
export const MAX_FRAMES = 60 * MAX_SECONDS
/** R2 takes 10,000 parts, of at least 5 MiB each whatever the gateway chooses: 49 GiB. */
const MAX_OUTPUT_BYTES = 10_000 * 5 * MIB

/** Options that go before the input's address, for ffmpeg and ffprobe alike. */
export const INPUT_LIMITS: readonly string[] = [
  '-protocol_whitelist',
  'http,tcp',
  '-format_whitelist',
  DEMUXERS.join(','),
  '-max_streams',
  String(MAX_STREAMS),
  '-max_pixels',
  String(MAX_PIXELS),
]

/** The same for a file that may be one thing only: it is opened as that, whatever is in it. */
export function forceDemuxer(demuxer: string): string[] {
  return [
    '-protocol_whitelist',
    'http,tcp',
    '-format_whitelist',
    demuxer,
    '-f',
    demuxer,
    '-max_streams',
    '1',
    '-max_pixels',
    String(MAX_PIXELS),
  ]
}

/** For a file that the runner made itself, in its scratch folder. */
export const LOCAL_FILE_INPUT: readonly string[] = ['-protocol_whitelist', 'file']

/** How every ffmpeg begins: it asks nobody, and says how far it is for a program to read. */
export const COMMON_OPTIONS: readonly string[] = [
  '-hide_banner',
  '-nostdin',
  '-nostats',
  '-progress',
  'pipe:1',
  '-y',
]

/** What the system holds a process to (confine.ts), whatever hostile media makes of it. */
export interface ProcessLimits {
  /** Of the process's own: heap and stacks, not the program or what is merely reserved. */
  memoryBytes: number
  /** How large a file may become that it writes. */
  fileBytes: number
  /** Time on a core, all threads together; null where the clock on the wall is what counts. */
  cpuSeconds: number | null
}

/** ffmpeg opens its source, its output and its pipes, and at its start one library at a time. */
export const MAX_OPEN_FILES = 64

/**
 * For ffmpeg. Of memory three quarters, so that the runner and the system live on whatever a file
 * does; a 1080p encode takes 0.5 GiB and the decoding of 8K 4 GiB (measured, two cores), and twice
 * that is the most on a machine with more.
 *
 * @param machine.diskBytes what a job may take of the disk; null for what there is
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
 * For ffprobe. It reads a few MiB and decodes a few frames; with the index of a day of video
 * (some 80 MiB to read, 250 MiB in memory, half a second) or with 8K (0.4 GiB, half a second) it
 * stays below all of these.
 */
export const PROBE = {
  memoryBytes: GIB,
  cpuSeconds: 4,
  /** On the wall, storage included. */
  seconds: 120,
  readBytes: 128 * MIB,
  /** Of its answer, which is about 600 for each stream. */
  answerCharacters: 1e6,
} as const

export function probeLimits(encode: ProcessLimits): ProcessLimits {
  const { memoryBytes, cpuSeconds } = PROBE
  return { memoryBytes: Math.min(memoryBytes, encode.memoryBytes), cpuSeconds, fileBytes: 0 }
}
