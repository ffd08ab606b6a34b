/** One frame as a picture: that at a second, or the best of several. */
import { join } from 'node:path'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { JobFailure } from '../../failures.ts'
import { bestOf, candidatesOf, lookStep, readLook } from './thumbnail.ts'
import { STRIPPED } from '../encode/containers.ts'
import { round } from '../edit/trim.ts'
import type { Take } from '../edit/inputs.ts'
import { editGraph } from '../edit/graph.ts'
import { COMMON_OPTIONS } from '../process/limits.ts'
import { requireVideo } from '../probe/videoSource.ts'
import type { Probe, VideoStream } from '../probe/probe.ts'
import { resolveQuality } from '../encode/quality.ts'
import { stillEncoder } from '../encode/imageEncoders.ts'
import type { PlanContext, RenderPlan } from '../renderPlan.ts'

/** How far before the second asked for a picture that is still on screen then is looked for. */
const LOOK_BACK_SECONDS = 30

export function planImage(rendition: RenditionOf<'image'>, context: PlanContext): RenderPlan {
  const { probe, url } = context.source
  const video = requireVideo('image', probe)
  const best = rendition.pick === 'best'
  const candidates = best ? candidatesOf(video.endSeconds ?? probe.contentSeconds) : []
  const apart = (candidates[2] ?? 0) - (candidates[1] ?? 0)
  const looks = candidates.map((second) =>
    lookStep(url, second, { interlaced: video.interlaced, apart }),
  )
  const secondOf = (said: readonly string[]) =>
    bestOf(candidates.map((second, at) => readLook(second, said[at] ?? '')))
  const output = join(context.folder, `output.${rendition.format}`)
  const startSeconds = best ? 0 : frameSecond(rendition.atSeconds, probe, video)
  const graphOf = (take: Take) =>
    editGraph(rendition, context, {
      picture: { unit: 1, shortSide: null, pixels: 'rgb24' },
      sound: false,
      take,
    })
  const graph = graphOf({ startSeconds, lengthSeconds: null })
  const size = graph.size!
  const quality = resolveQuality(rendition.quality, 'image', Math.min(size.width, size.height))
  const encode = ({ inputs, filters, video: label }: typeof graph, more: string[]) => [
    ...COMMON_OPTIONS,
    ...inputs,
    '-filter_complex',
    filters,
    '-map',
    label!,
    ...STRIPPED,
    ...more,
    ...stillEncoder(rendition.format, quality),
    '-f',
    'image2',
    '-update',
    '1',
    output,
  ]
  const told = { stage: 'encode' as const, cost: best ? 0.1 : 1, seconds: null }
  const take = (said: readonly string[]): Take => ({
    startSeconds: best ? secondOf(said) : startSeconds,
    lengthSeconds: null,
  })
  // The first picture at or after the second; when none comes any more (only the sound goes on), the
  // last of those before.
  const from = Math.max(0, startSeconds - LOOK_BACK_SECONDS)
  const last = graphOf({ startSeconds: from, lengthSeconds: startSeconds - from })
  const reason = best
    ? `the best of ${candidates.length} frames`
    : `one frame at second ${round(startSeconds)}`
  return {
    mode: 'frame',
    reason,
    video: { action: 'encode', reason },
    audio: null,
    notes: [],
    // What is seen comes first: by its place in the list it is found again.
    steps: [
      ...looks,
      ...graph.before,
      { ...told, ffmpeg: (said) => encode(graphOf(take(said)), ['-frames:v', '1']) },
    ],
    fallback: startSeconds > 0 ? { ...told, ffmpeg: () => encode(last, []) } : null,
    output,
    isPackage: false,
    expect: { size, hasAudio: false, seconds: null, hasRequestedEnd: false, isImage: true },
  }
}

/** The second to seek to: the one asked for, but never past the start of the last frame. */
function frameSecond(atSeconds: number, probe: Probe, video: VideoStream): number {
  const length = video.endSeconds ?? probe.contentSeconds
  if (length === null || atSeconds === 0) {
    return atSeconds
  }
  if (atSeconds >= length) {
    throw new JobFailure(
      'unsupported',
      `The video is ${round(length)} seconds long, so it has no frame at second ${atSeconds}.`,
    )
  }
  const lastFrame = length - 1 / (video.frameRate ?? 25)
  return Math.max(0, Math.min(atSeconds, Math.floor((lastFrame - 0.001) * 1e3) / 1e3))
}
