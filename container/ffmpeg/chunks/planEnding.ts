/**
 * Plans how a chunk of video ends. x264 gives more bits to what later frames refer to, as far as it looks
 * ahead, and would give the last frames of a chunk fewer than in the whole. So some frames of the next chunk
 * are encoded too, and their packets are dropped.
 */
import type { ChunkRange } from '../../../src/contract/chunk.ts'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { ffmpegOptions } from '../process/options.ts'

/**
 * x264 looks ahead by 0, 10 and 50 frames. Of the 50, the first 20 matter most (ADR 58): all would take 7 %
 * more time in chunks of 30 seconds.
 */
const FOLLOWING_FRAMES = { fast: 0, balanced: 10, small: 20 } as const

/** A file can state a rate that is much too low, and have as many frames to encode for each chunk. */
const MAX_FOLLOWING_SECONDS = 1

export interface Ending {
  /** End of the frames that are encoded; null for the end of the video. */
  encodeEnd: number | null
  /** Maximum number of encoded frames after the chunk. */
  followingFrames: number
}

/**
 * Without a frame rate, and with a bit rate, which would count the frames that are dropped, the chunk ends
 * with its last frame.
 *
 * @param output.frameRate null if unknown
 * @param output.by what the rate control keeps
 */
export function planEnding(
  {
    videoCodec,
    encoderSpeed,
  }: Pick<RenditionOf<'video' | 'stream'>, 'videoCodec' | 'encoderSpeed'>,
  { endSeconds }: Pick<ChunkRange, 'endSeconds'>,
  { frameRate, by }: { frameRate: number | null; by: 'quality' | 'bitRate' },
): Ending {
  const followingFrames =
    videoCodec === 'h264' && by === 'quality' ? FOLLOWING_FRAMES[encoderSpeed] : 0
  return endSeconds === null || frameRate === null
    ? { encodeEnd: endSeconds, followingFrames: 0 }
    : {
        encodeEnd: endSeconds + Math.min(followingFrames / frameRate, MAX_FOLLOWING_SECONDS),
        followingFrames,
      }
}

/**
 * Drops packets of video. The first one must be that of a key frame across which nothing refers.
 *
 * @param condition with `pts` and `tb`, or with the number `n`. In the output of a stream, ffmpeg 5.1 has
 *   a `tb` that is not the unit of `pts`.
 */
export function dropPackets(condition: string): string[] {
  return ffmpegOptions({ 'bsf:v': `noise=amount=0:drop=${condition.replace(',', '\\,')}` })
}
