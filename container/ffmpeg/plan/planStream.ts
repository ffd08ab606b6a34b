/**
 * A stream in several sizes, cut at the same pictures in all of them. What becomes of the segments is
 * streaming.ts's.
 */
import { join } from 'node:path'
import { PACKAGE_ENTRY, type RenditionOf } from '../../../src/contract/rendition.ts'
import { checkLeast } from './trackDecisions.ts'
import { editGraph } from '../edit/graph.ts'
import { capOf, ladderOf } from '../streaming/ladder.ts'
import * as layout from '../streaming/streamLayout.ts'
import { QUIETLY, WRITTEN_HERE } from '../process/limits.ts'
import { bringToLoudness, measureLoudness } from '../edit/loudness.ts'
import { resolveQuality } from '../encode/quality.ts'
import { frameRateOf, type Rung } from '../streaming/rungEncoder.ts'
import type { Context, RenderPlan, Step } from '../renderPlan.ts'
import { streamCommand } from '../streaming/streamCommand.ts'

type Stream = RenditionOf<'stream'>

export function planStream(rendition: Stream, context: Context): RenderPlan {
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
  const { rungs: sizes, notes } = ladderOf(size, rendition.ladder)
  for (const each of sizes) {
    checkLeast(rendition, each)
  }
  const rate = frameRateOf(rendition.frameRate ?? graph.frameRate)
  const framesEach = Math.ceil(rendition.segmentSeconds * rate.value - 1e-6)
  const segmentSeconds = framesEach / rate.value

  const rungs = sizes.map((each): Rung => {
    const shortSide = Math.min(each.width, each.height)
    const quality = resolveQuality(rendition.quality, 'video', shortSide)
    const capBits = capOf(each, { codec, quality, frameRate: rate.value })
    const picture = { size: each, frameRate: rate.value, codec }
    return { name: `v${shortSide}`, picture, capBits, quality, encoderSpeed, codec, framesEach }
  })
  const sound = graph.audio === null ? null : soundTrack(rendition)
  const tracks = [...rungs, ...(sound === null ? [] : [sound])]

  const { loudness } = rendition
  const levels = sound === null ? null : loudness
  const command = (said: readonly string[]) => {
    const soundFilters = levels === null ? [] : bringToLoudness(levels, said)
    return streamCommand({
      graph: editGraph(rendition, context, { ...wish, soundFilters }),
      rungs,
      sound,
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
    output: join(layout.packageIn(folder), PACKAGE_ENTRY.stream!),
    package: true,
    expect: null,
    stream: {
      tracks: tracks.map(({ name, picture, capBits }) => ({ name, picture, capBits })),
      subtitles: subtitles?.track ?? null,
      segmentSeconds,
      expectedSeconds: graph.seconds,
      seconds: source.probe.durationIsDeclared ? graph.seconds : null,
      cut: rendition.endSeconds !== null,
    },
  }
}

/** A quarter above what was asked for: the encoder's own frames are not all of one size. */
function soundTrack({ audioKbps: kbps }: Stream) {
  return { name: 'a', picture: null, capBits: kbps * 1_250, kbps }
}

/** `talk.de.vtt` is in German. */
const TONGUE = /\.([a-z]{2,3}(?:-[A-Za-z]{2,4})?)\.(?:srt|vtt)$/

function subtitlesOf({ subtitles }: Stream, captions: string | null, folder: string) {
  if (subtitles === null || captions === null) {
    return null
  }
  const file = join(layout.packageIn(folder), layout.SUBTITLES.file)
  const language = TONGUE.exec(subtitles)?.[1] ?? null
  const step: Step = {
    stage: 'analyse',
    cost: 0.01,
    seconds: null,
    about: 'subtitles',
    ffmpeg: () => [...QUIETLY, ...WRITTEN_HERE, '-f', 'srt', '-i', captions, '-f', 'webvtt', file],
  }
  return { steps: [step], track: { file, name: nameOf(language), language } }
}

function nameOf(language: string | null): string {
  const names = new Intl.DisplayNames(['en'], { type: 'language' })
  return (language && names.of(language)) ?? 'Subtitles'
}
