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

/** Of one job: at most 600 of video, one of audio, and `join`. */
export const MAX_CHUNKS = 602

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

/** A chunk as the gateway stores it. */
export interface StoredChunk extends ChunkRange {
  index: number
  /** What the job is about. */
  filePath: string
  transformation: string
  /** Number of chunks of the job. */
  count: number
  /** Duration of the variant. */
  jobSeconds: number
  /** The share of the job's work, in percent. */
  share: number
  /** Chunks with the same key and range have the same frames. */
  planKey: string
  /** Null until the chunk is finished; also for `join`. */
  facts: ChunkFacts | null
  /**
   * Prefix of the package in which the chunks store their files; null for a variant of one file. A
   * package of chunks belongs to no attempt: a later one continues it.
   */
  packageKey: string | null
}
