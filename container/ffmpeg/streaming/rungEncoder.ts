/**
 * Encoder options of a rung (one size and bit rate of a stream): constant quality up to a maximum
 * bit rate, and one key frame in each segment, at its start.
 */
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { type ChunkPlace, listChunkOptions } from '../encode/chunkOptions.ts'
import { buildVideoEncoder } from '../encode/videoEncoders.ts'
import { ffmpegOptions } from '../process/options.ts'
import type { Track } from './streamLayout.ts'

type Stream = RenditionOf<'stream'>

export interface Rung extends Track {
  video: NonNullable<Track['video']>
  codec: Stream['videoCodec']
  encoderSpeed: Stream['encoderSpeed']
  /** 1 to 100. */
  quality: number
  /** Number of frames of a segment; that of the last segment may differ. */
  framesPerSegment: number
  /** Absent for a whole video. */
  chunk?: ChunkPlace
  /** Options of the output that end a chunk. */
  endOptions?: readonly string[]
}

/** Size of the rate control buffer, in seconds of the maximum bit rate. */
export const BUFFER_SECONDS = 1.5

/** No key frames at scene changes, and no references across a key frame. */
const CLOSED_GOP = ['scenecut=0', 'open-gop=0']
/** Streams are encoded by quality. */
const RATE = { by: 'quality' } as const
/** Options for streams, by codec. They follow the general options, so ffmpeg uses these values. */
const ENCODER_OPTIONS: Record<Rung['codec'], (chunk?: ChunkPlace) => readonly string[]> = {
  h264: (chunk) =>
    ffmpegOptions({
      'forced-idr': 1,
      'x264-params': [...CLOSED_GOP, ...listChunkOptions('h264', chunk, RATE)].join(':'),
    }),
  h265: (chunk) =>
    ffmpegOptions({
      'forced-idr': 1,
      'x265-params': [
        'log-level=error',
        ...CLOSED_GOP,
        ...listChunkOptions('h265', chunk, RATE),
      ].join(':'),
      'tag:v': 'hvc1',
    }),
  vp9: () => [],
  av1: () => [],
}

export function buildRungEncoder(rung: Rung): string[] {
  const {
    codec,
    encoderSpeed,
    quality,
    maxBitRate,
    framesPerSegment,
    chunk,
    endOptions = [],
  } = rung
  const cap = { kbps: Math.round(maxBitRate / 1000), bufferSeconds: BUFFER_SECONDS }
  return [
    ...buildVideoEncoder({ codec, encoderSpeed, rate: { by: 'quality', quality, cap, pass: 0 } }),
    ...ENCODER_OPTIONS[codec](chunk),
    ...ffmpegOptions({
      // Repeated, because the general options of some encoders lack them.
      maxrate: `${cap.kbps}k`,
      bufsize: `${Math.round(cap.kbps * BUFFER_SECONDS)}k`,
      // Key frames by frame number: not every encoder supports intervals in seconds.
      g: framesPerSegment,
      keyint_min: framesPerSegment,
      force_key_frames: `expr:not(mod(n,${framesPerSegment}))`,
      fps_mode: 'passthrough',
    }),
    ...endOptions,
  ]
}
