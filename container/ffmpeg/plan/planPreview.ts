/** A short, silent, moving picture of a part of the video. */
import { join } from 'node:path'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { JobFailure } from '../../failures.ts'
import { container, STRIPPED } from '../encode/containers.ts'
import { cutOf, round } from '../edit/trim.ts'
import { FRAMES_AS_THEY_COME, videoEncoder } from '../encode/videoEncoders.ts'
import { editGraph } from '../edit/graph.ts'
import { COMMON_OPTIONS } from '../process/limits.ts'
import { requireVideo } from '../probe/videoSource.ts'
import { resolveQuality } from '../encode/quality.ts'
import type { PlanContext, RenderPlan } from '../renderPlan.ts'

type Preview = RenditionOf<'preview'>

const SECONDS = 3
const MAX_SECONDS = 30
const SHORT_SIDE = 240
/** What film has; GIF and WebP, whose frames are pictures, with less. */
const FRAME_RATES: Record<Preview['format'], number> = { mp4: 24, webp: 10, gif: 10 }
/** A GIF's palette is made of all frames, which are kept until then: 4 bytes each, about a GiB. */
const MAX_GIF_PIXELS = 256e6

export function planPreview(rendition: Preview, context: PlanContext): RenderPlan {
  const { source, folder } = context
  const { format, startSeconds, endSeconds, speed } = rendition
  const video = requireVideo('preview', source.probe)
  const end = endSeconds ?? startSeconds + SECONDS
  const played = (end - startSeconds) / speed
  if (played > MAX_SECONDS) {
    throw new JobFailure(
      'unsupported',
      `The preview would be ${round(played)} seconds long; at most ${MAX_SECONDS} are made. Ask for an end (eo) nearer to the start (so), or for a video (f_mp4).`,
    )
  }
  cutOf({ startSeconds, endSeconds: end }, source.probe)
  // It ends where the picture does, whatever sound there is after it.
  const left = (video.endSeconds ?? source.probe.contentSeconds ?? Infinity) - startSeconds
  if (left <= 0) {
    throw new JobFailure(
      'unsupported',
      `The picture is ${round(left + startSeconds)} seconds long, so no preview can start at second ${round(startSeconds)}.`,
    )
  }
  const frameRate =
    rendition.frameRate ?? Math.min(FRAME_RATES[format], (video.frameRate ?? 25) * speed)
  const edits = { ...rendition, endSeconds: end, frameRate }
  const graph = editGraph(edits, context, {
    picture: {
      unit: format === 'mp4' ? 2 : 1,
      shortSide: SHORT_SIDE,
      pixels: format === 'mp4' ? 'yuv420p' : 'rgb24',
    },
    sound: false,
    take: { startSeconds, lengthSeconds: end - startSeconds },
  })
  const size = graph.size!
  const seconds = Number.isFinite(left) ? Math.min(end - startSeconds, left) / speed : null
  const pixels = size.width * size.height * frameRate * (seconds ?? played)
  if (format === 'gif' && pixels > MAX_GIF_PIXELS) {
    throw new JobFailure(
      'unsupported',
      `A GIF of ${round(seconds ?? played)} seconds at ${size.width} by ${size.height} is too large to be made. Ask for a smaller one (w, h), a shorter one (eo), fewer frames (fps), or for webp (f_webp).`,
    )
  }
  const quality = resolveQuality(rendition.quality, 'preview', Math.min(size.width, size.height))
  const output = join(folder, `output.${format}`)
  const list = [
    ...COMMON_OPTIONS,
    ...graph.inputs,
    '-filter_complex',
    withPalette(format, graph, quality),
    '-map',
    format === 'gif' ? '[gif]' : String(graph.video),
    '-an',
    ...STRIPPED,
    ...ENCODERS[format](quality, output),
  ]
  const reason = `${round(seconds ?? played)} seconds from second ${round(startSeconds)} on, silent`
  return {
    mode: 'encode',
    reason,
    video: { action: 'encode', reason },
    audio: source.probe.audio && { action: 'drop', reason: 'a preview is silent' },
    notes: [],
    steps: [
      ...graph.before,
      { stage: 'encode', cost: 1, seconds: seconds ?? played, ffmpeg: () => list },
    ],
    fallback: null,
    output,
    isPackage: false,
    expect: { size, hasAudio: false, seconds, hasRequestedEnd: true, isImage: false },
  }
}

type Graph = ReturnType<typeof editGraph>

/** One palette for all frames, best where the picture moves. */
function withPalette(format: Preview['format'], { filters, video }: Graph, quality: number) {
  if (format !== 'gif') {
    return filters
  }
  // 256 is all that GIF has; below quality 60 fewer, which pack better.
  const colours = Math.min(256, Math.max(16, Math.round((quality / 60) * 256)))
  return [
    filters,
    `${video}split[seen][shown]`,
    `[seen]palettegen=max_colors=${colours}:stats_mode=diff[palette]`,
    '[shown][palette]paletteuse=dither=bayer:bayer_scale=4:diff_mode=rectangle[gif]',
  ].join(';')
}

const ENCODERS: Record<Preview['format'], (quality: number, output: string) => string[]> = {
  mp4: (quality, output) => [
    ...FRAMES_AS_THEY_COME,
    ...videoEncoder({
      codec: 'h264',
      encoderSpeed: 'balanced',
      rate: { by: 'quality', quality, cap: null, pass: 0 },
    }),
    ...container('mp4', output),
  ],
  webp: (quality, output) => [
    '-c:v',
    'libwebp_anim',
    '-quality',
    String(quality),
    '-loop',
    '0',
    '-f',
    'webp',
    output,
  ],
  gif: (_, output) => ['-c:v', 'gif', '-loop', '0', '-f', 'gif', output],
}
