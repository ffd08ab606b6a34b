/**
 * Plans a storyboard: sheets of small images over the whole duration, and a WebVTT index of them.
 */
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PACKAGE_ENTRY, type RenditionOf } from '../../../src/contract/rendition.ts'
import { JobFailure } from '../../failures.ts'
import type { Geometry } from '../geometry.ts'
import { formatSeconds } from '../edit/numbers.ts'
import { applyFileVideoSteps } from '../edit/pipeline.ts'
import { KEEP_VIDEO_GRAPH } from '../edit/steps/frameSize.ts'
import { resolveTrim } from '../edit/resolveTrim.ts'
import { STRIP_METADATA } from '../encode/containers.ts'
import { buildImageEncoder } from '../encode/imageEncoders.ts'
import { resolveQuality } from '../encode/quality.ts'
import { probeFrameTiming } from '../probe/frameTiming.ts'
import type { Probe, VideoStream } from '../probe/probe.ts'
import { requireVideo, resolveGeometry } from '../probe/videoSource.ts'
import { endsEarly } from '../process/classifyFailure.ts'
import { COMMON_OPTIONS, INPUT_LIMITS } from '../process/limits.ts'
import { ffmpegOptions } from '../process/options.ts'
import type { ProbeEnvironment } from '../process/ffprobe.ts'
import type { PlanContext, RenderPlan, TaskEnvironment } from '../renderPlan.ts'
import { packageFolder } from '../streaming/streamLayout.ts'
import { buildWebVtt, layOutStoryboard, sheetName, type Storyboard } from './storyboardLayout.ts'

type Sprite = RenditionOf<'sprite'>

const TILE_WIDTH = 160
/**
 * File in the scratch folder with a line for each image up to the last frame of the source. The
 * repeats of that frame have no line.
 */
const FOUND_FRAMES = 'found.txt'
/** Up to this duration all frames are decoded, and the key frame interval is not measured. */
const MIN_SECONDS_FOR_KEYFRAMES = 60

export function planStoryboard(rendition: Sprite, context: PlanContext): RenderPlan {
  const { source } = context
  const { format } = rendition
  const video = requireVideo('sprite', source.probe)
  const durationSeconds = resolveDuration(source.probe, video)
  const geometry = resolveTileGeometry(rendition, video)
  const board = layOutStoryboard({ ...rendition, durationSeconds, tile: geometry.output })
  const folder = packageFolder(context.folder)
  const output = join(folder, String(PACKAGE_ENTRY.sprite))
  const filters = buildFilters(video, geometry, board)
  let onlyKeyframes = false

  const prepare = async (environment: ProbeEnvironment) => {
    await mkdir(folder, { recursive: true })
    onlyKeyframes =
      durationSeconds > MIN_SECONDS_FOR_KEYFRAMES &&
      (await areKeyframesEnough(source.url, video, { board, environment }))
  }
  const writeIndex = async ({ stderrTails, addNote }: TaskEnvironment) => {
    await checkSheets(folder, board, format)
    const isTruncated = endsEarly(stderrTails.at(-1) ?? '')
    const finalBoard = isTruncated ? await shorten(board, context.folder, format) : board
    if (finalBoard !== board) {
      addNote(
        `The file ends early: the storyboard is ${formatSeconds(finalBoard.durationSeconds)} seconds long instead of ${formatSeconds(durationSeconds)}.`,
      )
    }
    await writeFile(output, buildWebVtt(finalBoard, format))
  }
  const drawSheets = () =>
    buildSheetCommand({ rendition, video, board, filters, url: source.url, onlyKeyframes })
  const reason = describeBoard(board)
  return {
    mode: 'package',
    reason,
    video: { action: 'encode', reason },
    audio: source.probe.audio && { action: 'drop', reason: 'a storyboard has no audio' },
    notes: [],
    steps: [
      { stage: 'analyse', cost: 0.001, task: prepare },
      { stage: 'encode', cost: 0.3, seconds: durationSeconds, ffmpeg: drawSheets },
      { stage: 'encode', cost: 0.001, task: writeIndex },
    ],
    fallback: null,
    output,
    isPackage: true,
    expect: null,
  }
}

/** @throws JobFailure `unsupported` when the duration is unknown, zero or above the limit */
function resolveDuration(probe: Probe, video: VideoStream): number {
  const { seconds } = resolveTrim({ startSeconds: 0, endSeconds: null }, probe)
  const duration = video.endSeconds ?? seconds
  if (duration === null || duration <= 0) {
    throw new JobFailure(
      'unsupported',
      'The duration of the video is unknown or zero, so no storyboard can be laid out. Convert it to MP4 (f_mp4) first, and request the storyboard of the result.',
    )
  }
  return duration
}

function resolveTileGeometry({ width, height }: Sprite, video: VideoStream): Geometry {
  return resolveGeometry(video, {
    width: width ?? (height === null ? TILE_WIDTH : null),
    height,
    resizeMode: 'fill',
    gravity: 'center',
    unit: 2,
    shortSide: null,
  })
}

/**
 * Returns true when the key frames at the start of the file are at most half an interval apart. The
 * rest of the file is assumed to have the same key frame interval.
 */
async function areKeyframesEnough(
  url: string,
  video: VideoStream,
  { board, environment }: { board: Storyboard; environment: ProbeEnvironment },
): Promise<boolean> {
  const { keyframeIntervalSeconds } = await probeFrameTiming(url, video, environment)
  return (keyframeIntervalSeconds ?? Infinity) <= board.intervalSeconds / 2
}

function buildFilters(video: VideoStream, geometry: Geometry, board: Storyboard): string {
  const tiles = applyFileVideoSteps({
    name: 'tile',
    video,
    edits: { speed: 1, rotate: 0, flip: 'none', background: '000000' },
    // Selects the frame in the middle of each interval. The last interval may be too short to have
    // such a frame; its last frame is then used.
    frameRateFilters: [`fps=1/${board.intervalSeconds}:start_time=0:round=near:eof_action=pass`],
    range: null,
    geometry,
    pixels: 'rgb24',
  })
  return [
    `[0:${video.index}]${tiles}[tiles]`,
    '[tiles]split[found][endless]',
    // The last image is repeated if the file is shorter than its stated duration.
    `[endless]tpad=stop=-1:stop_mode=clone,trim=end_frame=${board.images},split[clock][laid]`,
    `[laid]tile=${board.columns}x${board.rows}:color=black[sheet]`,
  ].join(';')
}

function buildSheetCommand(options: {
  rendition: Sprite
  video: VideoStream
  board: Storyboard
  filters: string
  url: string
  onlyKeyframes: boolean
}): string[] {
  const { rendition, video, board, filters, url, onlyKeyframes } = options
  const { format } = rendition
  const { width, height } = board.tile
  const quality = resolveQuality(rendition.quality, 'image', Math.min(width, height))
  return [
    ...COMMON_OPTIONS,
    ...ffmpegOptions({ skip_frame: onlyKeyframes ? 'nokey' : null }),
    ...KEEP_VIDEO_GRAPH,
    ...INPUT_LIMITS,
    ...video.inputOptions,
    ...ffmpegOptions({ i: url, filter_complex: filters }),
    // With sheets alone, ffmpeg would report no progress until one is full. This output is written
    // image by image.
    ...ffmpegOptions({ map: '[clock]', f: 'null' }),
    '-',

    ...ffmpegOptions({ map: '[found]', f: 'framecrc' }),
    FOUND_FRAMES,
    ...ffmpegOptions({ map: '[sheet]' }),
    ...STRIP_METADATA,
    ...buildImageEncoder(format, quality),
    ...ffmpegOptions({ fps_mode: 'passthrough', f: 'image2' }),
    // A relative path, because ffmpeg would interpret a % in the name of a folder.
    `package/sprite_%03d.${format}`,
  ]
}

/** @throws JobFailure `input_invalid` when a sheet is missing or empty */
async function checkSheets(folder: string, { sheets }: Storyboard, format: string): Promise<void> {
  for (let sheet = 0; sheet < sheets; sheet++) {
    const file = await stat(join(folder, sheetName(sheet, format))).catch(() => null)
    if (!file?.size) {
      throw new JobFailure(
        'input_invalid',
        'The file is damaged: its frames cannot be read for the storyboard. Upload it again.',
      )
    }
  }
}

/**
 * Returns the part of a board for which the file has frames, and deletes the sheets after it. If at
 * most one image is missing, returns the whole board.
 */
async function shorten(board: Storyboard, folder: string, format: string): Promise<Storyboard> {
  const list = await readFile(join(folder, FOUND_FRAMES), 'utf8')
  const images = Math.max(1, [...list.matchAll(/^\d/gm)].length)
  if (images >= board.images - 1) {
    return board
  }
  const sheets = Math.ceil(images / (board.columns * board.rows))
  for (let sheet = sheets; sheet < board.sheets; sheet++) {
    await rm(join(packageFolder(folder), sheetName(sheet, format)))
  }
  return { ...board, images, sheets, durationSeconds: images * board.intervalSeconds }
}

function describeBoard({ images, sheets, intervalSeconds }: Storyboard): string {
  const imageCount = images === 1 ? 'one image' : `${images} images`
  const sheetCount = sheets === 1 ? 'one sheet' : `${sheets} sheets`
  return `${imageCount}, one every ${formatSeconds(intervalSeconds)} seconds, on ${sheetCount}`
}
