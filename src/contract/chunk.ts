/**
 * Chunks: the parts of a variant into which a long encode is split, so that several runners share one
 * file, and a chunk that is completed is not made again when a runner is lost.
 */
import { z } from 'zod'

/**
 * A chunk `video` has some of the frames, `audio` all of the audio. `join` makes the variant of them,
 * once they are completed.
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

/** Of one job. A longer video has longer chunks. */
export const MAX_VIDEO_CHUNKS = 600
/** Of one job, with one of audio and `join`. */
export const MAX_CHUNKS = MAX_VIDEO_CHUNKS + 2

/** Name of the audio track of a stream. */
export const AUDIO_TRACK = 'a'

/** Prefix of the names of a track's files in a package. */
const trackName = z.string().regex(/^[a-z0-9]{1,10}$/)
export const trackNames = z.array(trackName).max(20)

/** Hash of everything that determines the frames of a track, by the name of the track. */
export const trackKeys = z.record(trackName, z.string().regex(/^[0-9a-f]{64}$/))

/** What the runner of a chunk has measured in its file. */
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
  lastFrameTicks: z
    .int()
    .positive()
    .optional()
    .describe('Duration of the last frame of video in the file; missing: the join reads the file'),
  /** SHA-256 of the decoder configuration, in hexadecimal digits. */
  decoderConfig: z.string().regex(/^[0-9a-f]{64}$/),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional()
    .describe('Of the file, in hexadecimal digits; missing: it is not checked when it is read'),
  reusedTracks: trackNames
    .optional()
    .describe('Tracks that were copied from another variant instead of encoded'),
})
export type ChunkFacts = z.infer<typeof chunkFacts>

/** A chunk as the gateway stores it. */
export interface StoredChunk extends ChunkRange {
  index: number
  /** File and variant of the job. */
  filePath: string
  transformation: string
  /** Number of chunks of the job. */
  count: number
  /** Duration of the variant. */
  jobSeconds: number
  /** Share of the chunk in the job's work, in percent. */
  share: number
  /** Chunks with the same plan key and range have the same frames. */
  planKey: string
  /** Null until the chunk is completed, and for `join`. */
  facts: ChunkFacts | null
  /**
   * Prefix of the package in which the chunks store their files; null for a variant of one file. A
   * package of chunks belongs to no attempt: a later one continues it.
   */
  packageKey: string | null
  /** Only of `join`, of a stream. */
  trackKeys?: Record<string, string>
  /** Prefixes of the packages that have tracks of this chunk, by the name of the track. */
  reusableTracks?: Record<string, string>
}
