/** Options of x264 and x265 that make a chunk fit to the other chunks of its video. */
import type { ChunkRange } from '../../../src/contract/chunk.ts'

/** The first chunk of a video, or one that continues another one. */
export type ChunkPlace = 'first' | 'later'

export function findPlace({ startSeconds }: Pick<ChunkRange, 'startSeconds'>): ChunkPlace {
  return startSeconds === 0 ? 'first' : 'later'
}

/**
 * Without these, the encoders derive fields of the decoder configuration from the frames; x265 also
 * writes its options into the video.
 */
const JOINABLE = {
  h264: ['stitchable=1'],
  h265: ['opt-qp-pps=0', 'opt-ref-list-length-pps=0', 'info=0'],
} as const

/**
 * With a quality, the encoders make the first frame of a video coarser than later key frames: its
 * quantizer is higher by 3 in x264, and by 1 to 2 in x265 (measured, ADR 57). At the start of a later
 * chunk that could be seen, so its first frame gets this multiple of the bits.
 */
const CONTINUED = { h264: 'zones=0,0,b=1.4', h265: 'zones=0,1,b=1.2' } as const

/**
 * Returns options of the form `key=value`.
 *
 * @param chunk undefined for a whole video, which has no such options
 */
export function listChunkOptions(
  codec: keyof typeof JOINABLE,
  chunk: ChunkPlace | undefined,
  { by }: { by: 'quality' | 'bitRate' },
): readonly string[] {
  if (chunk === undefined) {
    return []
  }
  const isContinued = chunk === 'later' && by === 'quality'
  return isContinued ? [...JOINABLE[codec], CONTINUED[codec]] : JOINABLE[codec]
}
