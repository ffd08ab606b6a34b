/**
 * Chunks: the parts into which a long encode is split, so that several runners share one file and what
 * is finished stays finished.
 */
import { z } from 'zod'

/**
 * `video` and `audio` make a part of the variant, and `join` makes the variant of all parts, once they
 * are finished.
 */
export const CHUNK_KINDS = ['video', 'audio', 'join'] as const

/**
 * Times are those of the variant, in seconds. A video chunk has the frames from `startSeconds` to before
 * `endSeconds`; the last one ends with the video.
 */
export const chunkRange = z.object({
  kind: z.enum(CHUNK_KINDS),
  startSeconds: z.number().nonnegative(),
  endSeconds: z.number().positive().nullable(),
  /** Number of frames; null when unknown, as for the last chunk. */
  frames: z.int().positive().nullable(),
})
export type ChunkRange = z.infer<typeof chunkRange>

/** What a runner has measured in a finished chunk. */
export const chunkFacts = z.object({
  sizeBytes: z.int().positive(),
  /** Frames of video; null for audio. */
  frames: z.int().nonnegative().nullable(),
  /** Samples of audio that are played; null for video. */
  samples: z.int().nonnegative().nullable(),
  /** Ticks per second of `startTicks` and `endTicks`. */
  timescale: z.int().positive(),
  /** Presentation time of the first frame, in the times of the variant. */
  startTicks: z.int(),
  /** End of the last frame. */
  endTicks: z.int(),
  /** SHA-256 of the decoder configuration, in hexadecimal digits. */
  decoderConfig: z.string().regex(/^[0-9a-f]{64}$/),
})
export type ChunkFacts = z.infer<typeof chunkFacts>
