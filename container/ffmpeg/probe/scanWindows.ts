/** Chooses the frames of a video that are sampled to find out whether it is interlaced. */

/** Frames of one window: enough for six periods of 3:2 pulldown. */
const WINDOW_FRAMES = 32
const MAX_WINDOWS = 4
/** A part that is decoded as a whole has one period for this many frames, up to `MAX_WINDOWS`. */
const FRAMES_PER_WINDOW = 64
/**
 * A part of at most this many frames is decoded as a whole, because it may have only one key frame.
 */
const MAX_DECODED_FRAMES = 300
/** Frames that are sampled for one image. */
const IMAGE_FRAMES = 24
/** Maximum size of the sampled frames, for a video and for one image. */
const MAX_BYTES = 24 * 1024 ** 2
const MAX_IMAGE_BYTES = 8 * 1024 ** 2
/**
 * For each window, ffmpeg also reads the header and the index of the file, and what it does not use
 * stays in the buffers of its connections.
 */
const OPENING_BYTES = 4 * 1024 ** 2
/** Minimum number of frames in a window, however large they are. */
const MIN_WINDOW_FRAMES = 6

/** Frames that are sampled from a second on: `periods` times `frames` consecutive ones. */
export interface SampleWindow {
  seconds: number
  /** False to begin at the key frame before `seconds`. */
  isExact: boolean
  frames: number
  periods: number
  /** Number of frames from the start of a period to that of the next. */
  stride: number
}

export interface WindowPlan {
  windows: SampleWindow[]
  /** Windows at other places, which are sampled too if the first ones do not suffice. */
  others: SampleWindow[]
  /** Bytes of the file after which the sampling of the windows ends, and that of the others. */
  maxBytes: number
}

/** The part of a video that a variant shows. */
export interface ShownPart {
  /** `frame` for one image at `startSeconds`. */
  kind: 'part' | 'frame'
  startSeconds: number
  /** End of the part; null for the end of the video. */
  endSeconds: number | null
  /** True if the variant shows consecutive frames. */
  keepsMotion: boolean
}

export interface MeasuredVideo {
  frameRate: number
  /** End of the video; null when unknown. */
  endSeconds: number | null
  /** Bytes of the file for each frame, on average; 0 when unknown. */
  bytesPerFrame: number
}

export function planWindows(part: ShownPart, video: MeasuredVideo): WindowPlan {
  const maxFrames = (bytes: number) =>
    Math.max(MIN_WINDOW_FRAMES, Math.floor(bytes / Math.max(1, video.bytesPerFrame)))
  if (part.kind === 'frame') {
    const frames = Math.min(IMAGE_FRAMES, maxFrames(MAX_IMAGE_BYTES))
    const seconds = roundTime(Math.max(0, part.startSeconds - frames / 2 / video.frameRate))
    const window = { seconds, isExact: true, frames, periods: 1, stride: frames }
    return { windows: [window], others: [], maxBytes: MAX_IMAGE_BYTES + OPENING_BYTES }
  }
  const end = Math.min(part.endSeconds ?? Infinity, video.endSeconds ?? Infinity)
  const seconds = end - part.startSeconds
  const total = Number.isFinite(seconds)
    ? Math.round(seconds * video.frameRate)
    : MAX_DECODED_FRAMES
  const affordable = maxFrames(MAX_BYTES)
  if (total <= Math.min(MAX_DECODED_FRAMES, affordable)) {
    return {
      windows: [decodeWhole(part, total)],
      others: [],
      maxBytes: MAX_BYTES + OPENING_BYTES,
    }
  }
  const frames = Math.min(WINDOW_FRAMES, affordable)
  const count = Math.min(MAX_WINDOWS, Math.max(1, Math.floor(affordable / frames)))
  const place = (share: number): SampleWindow => ({
    seconds: roundTime(part.startSeconds + (Number.isFinite(seconds) ? seconds * share : 0)),
    isExact: false,
    frames,
    periods: 1,
    stride: frames,
  })
  const places = Array.from({ length: count }, (_, index) => index / count)
  return {
    windows: places.map((share) => place(count === 1 ? share : share + 0.4 / count)),
    others: places.map((share) => place(share + 0.7 / count)),
    maxBytes: MAX_BYTES + count * OPENING_BYTES,
  }
}

/** Returns a window for which all frames of a part are decoded, and some or all of them sampled. */
function decodeWhole({ startSeconds }: ShownPart, total: number): SampleWindow {
  const periods = Math.min(MAX_WINDOWS, Math.max(1, Math.round(total / FRAMES_PER_WINDOW)))
  const stride = Math.max(1, Math.floor(total / periods))
  return {
    seconds: startSeconds,
    isExact: true,
    frames: periods === 1 ? stride : Math.min(stride, WINDOW_FRAMES),
    periods,
    stride,
  }
}

/** Rounds to milliseconds, so that a number is written without an exponent. */
function roundTime(seconds: number): number {
  return Math.round(seconds * 1e3) / 1e3
}
