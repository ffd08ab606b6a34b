/** A storyboard: sheets of small pictures over the whole length, and a WebVTT file that says which. */
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PACKAGE_ENTRY, type RenditionOf } from '../../../src/contract/rendition.ts'
import { JobFailure } from '../../failures.ts'
import { STRIPPED } from '../encode/containers.ts'
import { cutOf, round } from '../edit/trim.ts'
import { layOut } from '../edit/frameLayout.ts'
import { packageFolder } from '../streaming/streamLayout.ts'
import { INPUT_LIMITS, COMMON_OPTIONS } from '../process/limits.ts'
import { requireVideo, resolveGeometry } from '../probe/videoSource.ts'
import { resolveQuality } from '../encode/quality.ts'
import { probeFrameTiming } from '../probe/frameTiming.ts'
import { stillEncoder } from '../encode/imageEncoders.ts'
import type { PlanContext, RenderPlan, ProbeEnvironment } from '../renderPlan.ts'
import { sheetName, storyboardOf, toWebVtt } from './storyboard.ts'

const TILE_WIDTH = 160
/** Shorter videos are decoded whole in less time than it takes to find out whether they need be. */
const WHOLE_SECONDS = 60

export function planSprite(rendition: RenditionOf<'sprite'>, context: PlanContext): RenderPlan {
  const { source, folder } = context
  const { format } = rendition
  const video = requireVideo('sprite', source.probe)
  const { seconds } = cutOf({ startSeconds: 0, endSeconds: null }, source.probe)
  const length = video.endSeconds ?? seconds
  if (length === null || length <= 0) {
    throw new JobFailure(
      'unsupported',
      'The file does not say how long it is, so no storyboard can be laid out. Save it anew (f_mp4) and ask for the storyboard of that.',
    )
  }
  const width = rendition.width ?? (rendition.height === null ? TILE_WIDTH : null)
  const shape = resolveGeometry(video, {
    width,
    height: rendition.height,
    resizeMode: 'fill',
    gravity: 'center',
    unit: 2,
    shortSide: null,
  })
  const tile = shape.output
  const board = storyboardOf({ ...rendition, lengthSeconds: length, tile })
  const quality = resolveQuality(rendition.quality, 'image', Math.min(tile.width, tile.height))
  const outputFolder = packageFolder(folder)
  const output = join(outputFolder, String(PACKAGE_ENTRY.sprite))
  let onlyKeyframes = false

  const look = async (tools: ProbeEnvironment) => {
    await mkdir(outputFolder, { recursive: true })
    if (length <= WHOLE_SECONDS) {
      return
    }
    const { keyframeIntervalSeconds } = await probeFrameTiming(source.url, tools)
    // A picture is then at most half its interval older than it says.
    onlyKeyframes = (keyframeIntervalSeconds ?? Infinity) <= board.intervalSeconds / 2
  }
  const chains = layOut({
    from: '[0:V:0]',
    to: '[tiles]',
    name: 'tile',
    video,
    shape,
    pixels: 'rgb24',
    // What is on screen in the middle of each interval; of the last, what there is.
    time: [`fps=1/${board.intervalSeconds}:start_time=0:round=near:eof_action=pass`],
    turn: { rotate: 0, flip: 'none' },
    background: '000000',
  })
  const filters = [
    ...chains,
    // The last picture stands in for what the file lacks of the length that it says.
    `[tiles]tpad=stop=-1:stop_mode=clone,trim=end_frame=${board.pictures},split[clock][laid]`,
    `[laid]tile=${board.columns}x${board.rows}:color=black[sheet]`,
  ].join(';')
  const draw = () => [
    ...COMMON_OPTIONS,
    ...(onlyKeyframes ? ['-skip_frame', 'nokey'] : []),
    ...INPUT_LIMITS,
    '-i',
    source.url,
    '-filter_complex',
    filters,
    // A sheet comes when it is full; by this output ffmpeg says how far it has come.
    '-map',
    '[clock]',
    '-f',
    'null',
    '-',

    '-map',
    '[sheet]',
    ...STRIPPED,
    ...stillEncoder(format, quality),
    '-fps_mode',
    'passthrough',
    // Relative, so that no character of a folder's name is taken for a number.
    '-f',
    'image2',
    `package/sprite_%03d.${format}`,
  ]
  const tell = async () => {
    for (let sheet = 0; sheet < board.sheets; sheet++) {
      const made = await stat(join(outputFolder, sheetName(sheet, format))).catch(() => null)
      if (!made?.size) {
        throw new JobFailure(
          'input_invalid',
          'The file is damaged: no pictures for the storyboard can be read.',
        )
      }
    }
    await writeFile(output, toWebVtt(board, format))
  }
  const { pictures, sheets, intervalSeconds } = board
  const reason = `${pictures === 1 ? 'one picture' : `${pictures} pictures`}, one every ${round(intervalSeconds)} seconds, on ${sheets === 1 ? 'one sheet' : `${sheets} sheets`}`
  return {
    mode: 'package',
    reason,
    video: { action: 'encode', reason },
    audio: source.probe.audio && { action: 'drop', reason: 'a storyboard has no sound' },
    notes: [],
    steps: [
      { stage: 'analyse', cost: 0.001, task: look },
      { stage: 'encode', cost: 0.3, seconds: length, ffmpeg: draw },
      { stage: 'encode', cost: 0.001, task: tell },
    ],
    fallback: null,
    output,
    isPackage: true,
    expect: null,
  }
}
