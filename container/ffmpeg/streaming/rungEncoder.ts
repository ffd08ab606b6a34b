/** How a rung is encoded: by quality, within a cap, with a keyframe at the start of each segment. */
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { buildVideoEncoder } from '../encode/videoEncoders.ts'
import type { Track } from './streamLayout.ts'

type Stream = RenditionOf<'stream'>
type VideoTrack = NonNullable<Track['video']>

export type Rung = Track & {
  video: VideoTrack
  codec: Stream['videoCodec']
  encoderSpeed: Stream['encoderSpeed']
  quality: number
  /** How many pictures a segment has; the last one may have fewer. */
  framesPerSegment: number
}

/** How far an encoder may run ahead of its cap, in seconds of it. */
export const BUFFER_SECONDS = 1.5

/**
 * No keyframes of the encoder's own at changes of scene, and none that pictures reach back over. An
 * option given again takes the place of the one before.
 */
const CLOSED = 'scenecut=0:open-gop=0'
const OWN: Record<Rung['codec'], readonly string[]> = {
  h264: ['-forced-idr', '1', '-x264-params', CLOSED],
  h265: ['-forced-idr', '1', '-x265-params', `log-level=error:${CLOSED}`, '-tag:v', 'hvc1'],
  vp9: [],
  av1: [],
}

export function buildRungEncoder({
  codec,
  encoderSpeed,
  quality,
  maxBitRate,
  framesPerSegment,
}: Rung): string[] {
  const cap = { kbps: Math.round(maxBitRate / 1000), bufferSeconds: BUFFER_SECONDS }
  return [
    ...buildVideoEncoder({ codec, encoderSpeed, rate: { by: 'quality', quality, cap, pass: 0 } }),
    ...OWN[codec],
    // Said once more for those encoders of which the general options leave it out.
    '-maxrate',
    `${cap.kbps}k`,
    '-bufsize',
    `${Math.round(cap.kbps * BUFFER_SECONDS)}k`,
    // Counted and not timed: the frame rate is constant here, and not every encoder heeds times.
    '-g',
    String(framesPerSegment),
    '-keyint_min',
    String(framesPerSegment),
    '-force_key_frames',
    `expr:not(mod(n,${framesPerSegment}))`,
    '-fps_mode',
    'passthrough',
  ]
}

/** A rate in ffmpeg's notation, exact where it is one of those that television left us. */
export function toExactFrameRate(wanted: number | null): { value: number; text: string } {
  const rate = Math.min(120, Math.max(1, wanted ?? 25))
  const whole = Math.round(rate)
  if (Math.abs(rate - whole) < 1e-3) {
    return { value: whole, text: String(whole) }
  }
  const television = (whole * 1000) / 1001
  if (Math.abs(rate - television) < 2e-3) {
    return { value: television, text: `${whole}000/1001` }
  }
  const value = Math.round(rate * 1000) / 1000
  return { value, text: String(value) }
}
