/**
 * Finds out from some of its frames whether a video is interlaced. Many files do not declare that
 * they are, and others declare it although their frames are progressive.
 */
import { z } from 'zod'
import { MAX_FRAMES } from '../process/limits.ts'
import {
  classifyScan,
  countMoving,
  type FieldOrder,
  PULLDOWN_RATIO,
  scan as scanSchema,
  type Scan,
} from './classifyScan.ts'
import type { Probe, VideoStream } from './probe.ts'
import { type ProbeMemo, recall, record, remember } from './probeMemo.ts'
import { sampleScan, type ScanSampleOptions } from './scanSamples.ts'
import { planWindows, type ShownPart } from './scanWindows.ts'

/** Interlaced video has at most 1080 lines, which some encoders store as 1088. */
const MAX_LINES = 1_088
const MAX_WIDTH = 2_048
/** Half of the lines of NTSC video. Interlaced video has at least as many lines. */
const MIN_LINES = 240
/**
 * The narrowest usual frame of interlaced video has 352 by 576 pixels; phones record narrower ones.
 */
const MIN_ASPECT_RATIO = 0.6
/** Interlaced video has 25, 29.97 or 30 frames per second. */
const MAX_FRAME_RATE = 30.5
/**
 * Ratios of the peak frame rate to the average: 2 if the peak rate is that of the fields. Other
 * ratios mean a variable frame rate, which interlaced video does not have.
 */
const PEAK_RATIOS = [1, 2]
const RATIO_TOLERANCE = 0.1
const MIN_FRAMES = 5
/** Demuxers and codecs of animations, which are never interlaced. */
const ANIMATIONS = ['gif', 'apng', 'png', 'webp']
/** With fewer pairs of frames in which something moves, frames at other places are sampled too. */
const MIN_MOVING = 12

const TELECINE_FRAME_RATES = [30_000 / 1_001, 30]
const FRAME_RATE_TOLERANCE = 0.02

/**
 * Pixel formats from which film is restored. The filter `fieldmatch` works on YUV with eight bits,
 * to which ffmpeg converts them. Telecined video in other formats is deinterlaced instead.
 */
const PULLDOWN_FORMATS =
  /^(?:yuv4(?:10|11|20|22|44)p(?:9|1[0246])?(?:le|be)?|nv12|uyvy422|yuyv422)$/

/**
 * @returns the probe with the scan of its video, and a note unless the file declares what was
 *   found; the given probe if the frames are not sampled, do not show what they are, or are
 *   progressive and not declared otherwise
 */
export async function detectScan(
  found: Probe,
  part: ShownPart,
  options: ScanSampleOptions,
): Promise<Probe> {
  const { video } = found
  if (video === null || found.problems.has(video.index) || !canBeInterlaced(found, video)) {
    return found
  }
  const scan = await findScan(found, video, part, options)
  return scan === null || (scan.type === 'progressive' && !video.interlaced)
    ? found
    : applyScan(found, video, scan)
}

/**
 * True for a video whose frames are sampled. If the file declares interlaced video, only the
 * rotation, the frame size, the number of frames and a known frame rate matter.
 */
function canBeInterlaced({ facts }: Probe, video: VideoStream): boolean {
  const { upright, rotated, frames, frameRate, peakFrameRate, interlaced, codec } = video
  const hasFrames = frames === null || (frames >= MIN_FRAMES && frames <= MAX_FRAMES)
  const isSmall = upright.height <= MAX_LINES && upright.width <= MAX_WIDTH
  if (rotated || !isSmall || !hasFrames || frameRate === null) {
    return false
  }
  const peakRatio = (peakFrameRate ?? frameRate) / frameRate
  return (
    interlaced ||
    (upright.height >= MIN_LINES &&
      upright.width >= upright.height * MIN_ASPECT_RATIO &&
      frameRate <= MAX_FRAME_RATE &&
      PEAK_RATIOS.some((ratio) => Math.abs(peakRatio / ratio - 1) <= RATIO_TOLERANCE) &&
      ![facts.format, codec].some((name) => ANIMATIONS.includes(name)))
  )
}

async function findScan(
  found: Probe,
  video: VideoStream,
  part: ShownPart,
  options: ScanSampleOptions,
): Promise<Scan | null> {
  const scan = await rememberScan(part, options.memo, () =>
    classifySamples(found, video, part, options),
  )
  return scan?.type === 'telecine' && !(part.keepsMotion && canUndoPulldown(video))
    ? { ...scan, type: 'interlaced' }
    : scan
}

const WHOLE_FILE = 'scan:file'
const FRAMES = 'scan:frames'
/** Places at which frames were sampled for images, and what they show; null if nothing moves there. */
const sampledPlaces = z.object({ scan: scanSchema.nullable(), places: z.int().nonnegative() })
const wholeFile = z.object({ scan: scanSchema.nullable() })
/** If nothing moves at so many places, the declaration of the file decides for its images. */
const MAX_PLACES = 3

/**
 * Returns the scan in the memo, or samples frames. The scan of a file is the same in all of its frames, so an
 * image uses what the whole file showed, or the frames around an earlier image. A variant of the whole
 * file does not use the latter, because they are few. Nothing is kept of a part of a file.
 */
async function rememberScan(
  part: ShownPart,
  memo: ProbeMemo | undefined,
  sample: () => Promise<Scan | null>,
): Promise<Scan | null> {
  if (part.kind === 'frame') {
    const known = recall(memo, WHOLE_FILE, wholeFile)
    const sampled = recall(memo, FRAMES, sampledPlaces) ?? { scan: null, places: 0 }
    if (known !== undefined || sampled.scan !== null || sampled.places >= MAX_PLACES) {
      return (known ?? sampled).scan
    }
    const scan = await sample()
    record(memo, FRAMES, { scan, places: sampled.places + 1 })
    return scan
  }
  if (part.startSeconds > 0 || part.endSeconds !== null) {
    return sample()
  }
  const found = await remember(memo, WHOLE_FILE, wholeFile, async () => ({ scan: await sample() }))
  return found?.scan ?? null
}

async function classifySamples(
  { facts, contentSeconds }: Probe,
  video: VideoStream,
  part: ShownPart,
  options: ScanSampleOptions,
): Promise<Scan | null> {
  const frameRate = video.frameRate ?? 1
  const endSeconds = video.endSeconds ?? contentSeconds
  const totalFrames = (endSeconds ?? 0) * frameRate
  const { windows, others, maxBytes } = planWindows(part, {
    frameRate,
    endSeconds,
    bytesPerFrame: totalFrames > 0 ? facts.sizeBytes / totalFrames : 0,
  })
  const sampled = await sampleScan(video, { windows, maxBytes }, options)
  const needsOthers = video.interlaced || countMoving(sampled) < MIN_MOVING
  const samples =
    needsOthers && others.length > 0
      ? [...sampled, ...(await sampleScan(video, { windows: others, maxBytes }, options))]
      : sampled
  return classifyScan(samples, {
    hasTelecineRate: TELECINE_FRAME_RATES.some(
      (rate) => Math.abs(rate - frameRate) < FRAME_RATE_TOLERANCE,
    ),
  })
}

function canUndoPulldown({ pixelFormat, colour, hdr, hasWrongTimes }: VideoStream): boolean {
  return !hdr && !hasWrongTimes && colour.range !== 'pc' && PULLDOWN_FORMATS.test(pixelFormat)
}

const ORDER_NAMES: Record<FieldOrder, string> = { tff: 'top', bff: 'bottom' }

function applyScan(found: Probe, video: VideoStream, scan: Scan): Probe {
  const note = describeScan(scan, video)
  const scanned: VideoStream = { ...video, interlaced: true, scan }
  return {
    ...found,
    video: scan.type === 'telecine' ? reduceFrameRate(scanned) : scanned,
    notes: {
      ...found.notes,
      video: note === null ? found.notes.video : [...found.notes.video, note],
    },
  }
}

/** Undoing the pulldown leaves four of five frames. */
function reduceFrameRate(video: VideoStream): VideoStream {
  const reduce = (value: number | null) => value && value * PULLDOWN_RATIO
  return {
    ...video,
    frameRate: reduce(video.frameRate),
    peakFrameRate: reduce(video.peakFrameRate),
    frames: video.frames && Math.floor(video.frames * PULLDOWN_RATIO),
  }
}

function describeScan(scan: Scan, { interlaced, frameRate }: VideoStream): string | null {
  if (scan.type === 'progressive') {
    return 'The file declares interlaced video, but its frames are progressive, so they are not deinterlaced.'
  }
  if (scan.type === 'telecine') {
    const [from, to] = [frameRate ?? 0, (frameRate ?? 0) * PULLDOWN_RATIO].map(
      (rate) => Math.round(rate * 1e3) / 1e3,
    )
    return `The video is telecined film (3:2 pulldown), so its original frames are restored: ${to} frames per second instead of ${from}.`
  }
  return interlaced
    ? null
    : `The video is interlaced (${ORDER_NAMES[scan.fieldOrder]} field first), which the file does not declare, so it is deinterlaced.`
}
