/** One frame as a picture. */
import { join } from 'node:path'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { JobFailure } from '../../failures.ts'
import { frameArguments } from '../arguments.ts'
import { round } from '../cut.ts'
import { pictureOf, shapeOf } from '../picture.ts'
import type { Probe, VideoStream } from '../probe.ts'
import { resolveQuality } from '../quality.ts'
import type { Context, RenderPlan } from '../steps.ts'

export function planImage(
  rendition: RenditionOf<'image'>,
  { source, folder }: Context,
): RenderPlan {
  const { probe } = source
  const video = pictureOf('image', probe)
  const shape = shapeOf(video, { ...rendition, unit: 1, shortSide: null })
  const { width, height } = shape.output
  const output = join(folder, `output.${rendition.format}`)
  const job = {
    ...{ rendition, input: source.url, output, geometry: shape, video, audio: probe.audio },
    ...{ startSeconds: frameSecond(rendition.atSeconds, probe, video), lengthSeconds: null },
    quality: resolveQuality(rendition.quality, 'image', Math.min(width, height)),
  }
  const step = (seek: 'exact' | 'last') => ({
    ...{ stage: 'encode' as const, cost: 1, seconds: null },
    ffmpeg: () => frameArguments(job, seek),
  })
  const reason = `one frame at second ${round(job.startSeconds)}`
  return {
    mode: 'frame',
    reason,
    video: { action: 'encode', reason },
    audio: null,
    notes: [],
    steps: [step('exact')],
    fallback: job.startSeconds > 0 ? step('last') : null,
    output,
    package: false,
    expect: { size: shape.output, sound: false, seconds: null, cut: false, still: true },
  }
}

/** The second to seek to: the one asked for, but never past the start of the last frame. */
function frameSecond(atSeconds: number, probe: Probe, video: VideoStream): number {
  const length = video.endSeconds ?? probe.contentSeconds
  if (length === null || atSeconds === 0) return atSeconds
  if (atSeconds >= length) {
    throw new JobFailure(
      'unsupported',
      `The video is ${round(length)} seconds long, so it has no frame at second ${atSeconds}.`,
    )
  }
  const lastFrame = length - 1 / (video.frameRate ?? 25)
  return Math.max(0, Math.min(atSeconds, Math.floor((lastFrame - 0.001) * 1e3) / 1e3))
}
