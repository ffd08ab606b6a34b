/** Plans one chunk of a video that is split: a part of the video, or its audio. */
import { join } from 'node:path'
import type { ChunkRange } from '../../../src/contract/chunk.ts'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { planEdits } from '../edit/planEdits.ts'
import { buildExactContainer } from '../encode/containers.ts'
import { buildFileCommand } from '../encode/fileCommand.ts'
import { buildAudioTrack, planLoudness, requestTracks, selectLoudness } from '../plan/planVideo.ts'
import { isMpeg } from '../edit/steps/trim.ts'
import { decideTracks } from '../plan/trackDecisions.ts'
import type { PlanContext, RenderPlan, Step } from '../renderPlan.ts'
import { chunkFormat } from './chunkFile.ts'
import { planVideoSteps } from './planVideoSteps.ts'

type Video = RenditionOf<'video'>

/**
 * `measureChunk` verifies the file, instead of `expect`.
 *
 * @param range audio or video; `planJoin` plans the join
 */
export function planChunk(rendition: Video, context: PlanContext, range: ChunkRange): RenderPlan {
  const { output: whole } = planEdits(rendition, context, requestTracks(rendition))
  const decisions = decideTracks(rendition, context.source.probe, whole)
  const output = join(context.folder, `output.${chunkFormat(rendition, range)}`)
  const isVideo = range.kind === 'video'
  return {
    mode: 'encode',
    reason: 'a part of a video that is split',
    video: isVideo ? decisions.video : null,
    audio: isVideo ? null : decisions.audio,
    notes: [],
    steps: isVideo
      ? planVideoSteps(rendition, context, { range, rate: decisions.rate, output })
      : planAudioSteps(rendition, context, output),
    fallback: null,
    output,
    isPackage: false,
    expect: null,
  }
}

/** All of the output, with the times of a range. */
const WHOLE = { startSeconds: 0, endSeconds: null, readFromSeconds: 0 }

/** Codecs whose encoders add samples at the start, with negative times. */
const CODECS_WITH_DELAY = ['aac', 'mp3']

/**
 * Returns the container of the audio: that of the variant, so that the join does not convert it. In
 * Matroska a negative time would become 0, and all later ones would move.
 */
function selectAudioFormat({ format }: Pick<Video, 'format'>, codec: string): Video['format'] {
  return format === 'mkv' && CODECS_WITH_DELAY.includes(codec) ? 'mp4' : format
}

/** Makes the audio as the encode of the whole does, two passes for the loudness included. */
function planAudioSteps(rendition: Video, context: PlanContext, output: string): Step[] {
  const withoutImages = { ...rendition, subtitles: null, watermark: null }
  const { source } = context
  const needsRange = isMpeg(source) && rendition.startSeconds === 0
  const editPlan = planEdits(withoutImages, context, {
    ...requestTracks(rendition),
    ...(needsRange && { range: WHOLE }),
  })
  const decisions = decideTracks(rendition, context.source.probe, editPlan.output)
  const codec = decisions.audioCodec ?? editPlan.output.files[0].audio?.codec ?? ''
  const format = selectAudioFormat(rendition, codec)
  const { seconds } = editPlan.output
  return [
    ...planLoudness(rendition, editPlan, decisions),
    {
      stage: 'encode',
      cost: decisions.audioCodec === null ? 0.01 : 0.1,
      seconds,
      ffmpeg: (stderrTails) =>
        buildFileCommand({
          format,
          metadata: 'strip',
          editPlan,
          filters: editPlan.graph.select({
            video: false,
            audio: decisions.audioCodec !== null,
            loudness: selectLoudness(rendition, stderrTails),
          }),
          video: null,
          audio: buildAudioTrack(rendition, editPlan, decisions),
          isH265: false,
          container: buildExactContainer(format, 'audio', output),
          output,
        }),
    },
  ]
}
