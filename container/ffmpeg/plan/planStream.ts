/**
 * A stream in several sizes, cut at the same pictures in all of them. What becomes of the segments is
 * streaming.ts's.
 */
import { join } from 'node:path'
import { PACKAGE_ENTRY, type RenditionOf } from '../../../src/contract/rendition.ts'
import { checkLeast } from './trackDecisions.ts'
import { editGraph } from '../edit/graph.ts'
import { computeMaxBitRate, buildLadder } from '../streaming/ladder.ts'
import * as layout from '../streaming/streamLayout.ts'
import { COMMON_OPTIONS, LOCAL_FILE_INPUT } from '../process/limits.ts'
import { bringToLoudness, measureLoudness } from '../edit/loudness.ts'
import { resolveQuality } from '../encode/quality.ts'
import { toExactFrameRate, type Rung } from '../streaming/rungEncoder.ts'
import type { PlanContext, RenderPlan, Step } from '../renderPlan.ts'
import { buildStreamCommand } from '../streaming/streamCommand.ts'

type Stream = RenditionOf<'stream'>

export function planStream(rendition: Stream, context: PlanContext): RenderPlan {
  const { folder, source } = context
  const { videoCodec: codec, encoderSpeed } = rendition
  const wish = {
    picture: { unit: 2, shortSide: null, pixels: 'yuv420p' },
    sound: rendition.audioCodec !== 'none',
  } as const
  const graph = editGraph(rendition, context, wish)
  const { size } = graph
  if (size === null) {
    throw new TypeError('a stream is planned with a picture')
  }
  const { rungs: sizes, notes } = buildLadder(size, rendition.ladder)
  for (const each of sizes) {
    checkLeast(rendition, each)
  }
  const rate = toExactFrameRate(rendition.frameRate ?? graph.frameRate)
  const framesPerSegment = Math.ceil(rendition.segmentSeconds * rate.value - 1e-6)
  const segmentSeconds = framesPerSegment / rate.value

  const rungs = sizes.map((each): Rung => {
    const shortSide = Math.min(each.width, each.height)
    const quality = resolveQuality(rendition.quality, 'video', shortSide)
    const maxBitRate = computeMaxBitRate(each, { codec, quality, frameRate: rate.value })
    const video = { size: each, frameRate: rate.value, codec }
    return {
      name: `v${shortSide}`,
      video,
      maxBitRate,
      quality,
      encoderSpeed,
      codec,
      framesPerSegment,
    }
  })
  const sound = graph.audio === null ? null : soundTrack(rendition)
  const tracks = [...rungs, ...(sound === null ? [] : [sound])]

  const { loudness } = rendition
  const levels = sound === null ? null : loudness
  const command = (said: readonly string[]) => {
    const soundFilters = levels === null ? [] : bringToLoudness(levels, said)
    return buildStreamCommand({
      graph: editGraph(rendition, context, { ...wish, soundFilters }),
      rungs,
      audio: sound,
      frameRate: rate.text,
      segmentSeconds,
      folder,
    })
  }
  const measureSound = (target: number) =>
    measureLoudness(target, (soundFilters) =>
      editGraph(rendition, context, { picture: null, sound: true, soundFilters }),
    )
  const subtitles = subtitlesOf(rendition, graph.captions, folder)
  const action = 'encode'
  return {
    mode: 'package',
    reason: `a stream of ${rungs.length} ${rungs.length === 1 ? 'size' : 'sizes'} is asked for`,
    video: { action, reason: 'every size is encoded, cut at the same pictures' },
    audio: source.probe.audio && {
      action: sound === null ? 'drop' : action,
      reason: sound === null ? 'no sound is asked for' : 'sound is a track of its own, as AAC',
    },
    notes,
    steps: [
      ...graph.before,
      ...(subtitles?.steps ?? []),
      ...(levels === null ? [] : [measureSound(levels)]),
      {
        stage: 'encode',
        cost: 1,
        seconds: graph.seconds,
        ffmpeg: command,
      },
    ],
    fallback: null,
    output: join(layout.packageFolder(folder), PACKAGE_ENTRY.stream!),
    isPackage: true,
    expect: null,
    stream: {
      tracks: tracks.map(({ name, video, maxBitRate }) => ({ name, video, maxBitRate })),
      subtitles: subtitles?.track ?? null,
      segmentSeconds,
      expectedSeconds: graph.seconds,
      seconds: source.probe.durationIsDeclared ? graph.seconds : null,
      hasRequestedEnd: rendition.endSeconds !== null,
    },
  }
}

/** A quarter above what was asked for: the encoder's own frames are not all of one size. */
function soundTrack({ audioKbps: kbps }: Stream) {
  return { name: 'a', video: null, maxBitRate: kbps * 1_250, kbps }
}

/** `talk.de.vtt` is in German. */
const TONGUE = /\.([a-z]{2,3}(?:-[A-Za-z]{2,4})?)\.(?:srt|vtt)$/

function subtitlesOf({ subtitles }: Stream, captions: string | null, folder: string) {
  if (subtitles === null || captions === null) {
    return null
  }
  const file = join(layout.packageFolder(folder), layout.SUBTITLES.file)
  const language = TONGUE.exec(subtitles)?.[1] ?? null
  const step: Step = {
    stage: 'analyse',
    cost: 0.01,
    seconds: null,
    inputName: 'subtitles',
    ffmpeg: () => [
      ...COMMON_OPTIONS,
      ...LOCAL_FILE_INPUT,
      '-f',
      'srt',
      '-i',
      captions,
      '-f',
      'webvtt',
      file,
    ],
  }
  return { steps: [step], track: { file, name: nameOf(language), language } }
}

function nameOf(language: string | null): string {
  const names = new Intl.DisplayNames(['en'], { type: 'language' })
  return (language && names.of(language)) ?? 'Subtitles'
}
