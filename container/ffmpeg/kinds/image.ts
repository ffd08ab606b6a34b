/** One frame as a picture. */
import { join } from 'node:path'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { JobFailure } from '../../failures.ts'
import { STRIPPED } from '../containers.ts'
import { round } from '../cut.ts'
import type { Take } from '../files.ts'
import { editGraph } from '../graph.ts'
import { QUIETLY } from '../limits.ts'
import { pictureOf } from '../picture.ts'
import type { Probe, VideoStream } from '../probe.ts'
import { resolveQuality } from '../quality.ts'
import { stillEncoder } from '../stills.ts'
import type { Context, RenderPlan } from '../steps.ts'

/** How far before the second asked for a picture that is still on screen then is looked for. */
const LOOK_BACK_SECONDS = 30

export function planImage(rendition: RenditionOf<'image'>, context: Context): RenderPlan {
  const { probe } = context.source
  const video = pictureOf('image', probe)
  const output = join(context.folder, `output.${rendition.format}`)
  const startSeconds = frameSecond(rendition.atSeconds, probe, video)
  const graphOf = (take: Take) =>
    editGraph(rendition, context, {
      ...{ picture: { unit: 1, shortSide: null, pixels: 'rgb24' }, sound: false, take },
    })
  const graph = graphOf({ startSeconds, lengthSeconds: null })
  const size = graph.size!
  const quality = resolveQuality(rendition.quality, 'image', Math.min(size.width, size.height))
  const step = ({ inputs, filters, video: label }: typeof graph, more: string[]) => ({
    ...{ stage: 'encode' as const, cost: 1, seconds: null },
    ffmpeg: () => [
      ...[...QUIETLY, ...inputs, '-filter_complex', filters, '-map', label!, ...STRIPPED],
      ...[...more, ...stillEncoder(rendition.format, quality), '-f', 'image2', '-update', '1'],
      output,
    ],
  })
  // The first picture at or after the second; when none comes any more (only the sound goes on), the
  // last of those before.
  const from = Math.max(0, startSeconds - LOOK_BACK_SECONDS)
  const last = graphOf({ startSeconds: from, lengthSeconds: startSeconds - from })
  const reason = `one frame at second ${round(startSeconds)}`
  return {
    mode: 'frame',
    reason,
    video: { action: 'encode', reason },
    audio: null,
    notes: [],
    steps: [...graph.before, step(graph, ['-frames:v', '1'])],
    fallback: startSeconds > 0 ? step(last, []) : null,
    output,
    package: false,
    expect: { size, sound: false, seconds: null, cut: false, still: true },
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
