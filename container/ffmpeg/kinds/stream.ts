/**
 * A stream in several sizes: one decode and one graph of edits, of which each rung is a smaller
 * copy, cut at the same pictures in all of them. What is made of the segments is streaming.ts's.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { PACKAGE_ENTRY, type RenditionOf } from '../../../src/contract/rendition.ts'
import { editGraph } from '../graph.ts'
import { capOf, ladderOf } from '../ladder.ts'
import * as layout from '../layout.ts'
import { resolveQuality } from '../quality.ts'
import { cappedEncoder, frameRateOf, type Rung } from '../rungs.ts'
import type { Context, RenderPlan, Step } from '../steps.ts'

type Stream = RenditionOf<'stream'>

export function planStream(rendition: Stream, context: Context): RenderPlan {
  const { folder, source } = context
  const { videoCodec: codec, preset } = rendition
  const graph = editGraph(rendition, context, {
    picture: { unit: 2, shortSide: null, pixels: 'yuv420p' },
    sound: rendition.audioCodec !== 'none',
  })
  const { video, size } = graph
  if (video === null || size === null) throw new TypeError('a stream is planned with a picture')
  const { rungs: sizes, notes } = ladderOf(size, rendition.ladder)
  const rate = frameRateOf(rendition.frameRate ?? graph.frameRate)
  const framesEach = Math.ceil(rendition.segmentSeconds * rate.value - 1e-6)
  const segmentSeconds = framesEach / rate.value

  const rungs = sizes.map((each): Rung => {
    const shortSide = Math.min(each.width, each.height)
    const quality = resolveQuality(rendition.quality, 'video', shortSide)
    const capBits = capOf(each, { codec, quality, frameRate: rate.value })
    const picture = { size: each, frameRate: rate.value, codec }
    return { name: `v${shortSide}`, picture, capBits, quality, preset, codec, framesEach }
  })
  const sound = graph.audio === null ? null : soundTrack(rendition)
  const tracks = [...rungs, ...(sound === null ? [] : [sound])]

  // The moments of pictures are rounded, so the nearest is meant; sound is cut at the first after.
  const cutAfter = (track: layout.Track) =>
    segmentSeconds - (track.picture === null ? 0 : 0.5 / rate.value)
  const output = (track: layout.Track) => hlsOutput(track, folder, cutAfter(track))
  const copies = rungs.map(({ name }) => `[${name}_in]`).join('')
  const filters = [
    graph.filters,
    // A constant rate, so that the pictures at which all rungs are cut can be counted.
    `${video}fps=${rate.text}:start_time=0,split=${rungs.length}${copies}`,
    ...rungs.map(
      ({ name, picture }) =>
        `[${name}_in]scale=${picture.size.width}:${picture.size.height}:flags=bicubic,setsar=1[${name}]`,
    ),
    ...(graph.audio === null ? [] : [`${graph.audio}aresample=async=1:first_pts=0[sound_out]`]),
  ]
  const list = [
    ...['-hide_banner', '-nostdin', '-nostats', '-progress', 'pipe:1', '-y'],
    ...graph.inputs,
    ...['-filter_complex', filters.filter((each) => each !== '').join(';')],
    ...rungs.flatMap((rung) => [
      ...['-map', `[${rung.name}]`, ...cappedEncoder(rung), ...NOTHING_ELSE, ...output(rung)],
    ]),
    ...(sound === null
      ? []
      : [
          ...['-map', '[sound_out]', '-c:a', 'aac', '-b:a', `${rendition.audioKbps}k`],
          ...['-ac', '2', '-ar', '48000', ...NOTHING_ELSE, ...output(sound)],
        ]),
  ]
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
      {
        ...{ stage: 'encode', cost: 1, seconds: graph.seconds },
        ffmpeg: () => {
          mkdirSync(layout.segmentsIn(folder), { recursive: true })
          return list
        },
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

const NOTHING_ELSE = ['-map_metadata', '-1', '-map_chapters', '-1', '-sn', '-dn']

/** A quarter above what was asked for: the encoder's own frames are not all of one size. */
function soundTrack({ audioKbps }: Stream): layout.Track {
  return { name: 'a', picture: null, capBits: audioKbps * 1_250 }
}

/**
 * Segments of one fragment each, with no index of their own. Times are left as they are, since each
 * output would else be moved by what its own encoder holds back. Of ffmpeg's playlist only the last
 * entry counts: what it names, and all before, is whole.
 */
function hlsOutput(track: layout.Track, folder: string, seconds: number): string[] {
  const segments = layout.segmentsIn(folder)
  return [
    ...['-avoid_negative_ts', 'disabled', '-f', 'hls', '-hls_time', seconds.toFixed(6)],
    ...['-hls_list_size', '3', '-start_number', '1', '-hls_flags', 'temp_file'],
    ...['-hls_segment_type', 'fmp4', '-hls_segment_options', 'movflags=+skip_sidx'],
    ...['-hls_fmp4_init_filename', layout.initName(track)],
    ...['-hls_segment_filename', join(segments, layout.segmentPattern(track))],
    join(segments, layout.playlistName(track)),
  ]
}

/** `talk.de.vtt` is in German. */
const TONGUE = /\.([a-z]{2,3}(?:-[A-Za-z]{2,4})?)\.(?:srt|vtt)$/

function subtitlesOf({ subtitles }: Stream, captions: string | null, folder: string) {
  if (subtitles === null || captions === null) return null
  const file = join(layout.packageIn(folder), layout.SUBTITLES.file)
  const language = TONGUE.exec(subtitles)?.[1] ?? null
  const step: Step = {
    ...{ stage: 'analyse', cost: 0.01, seconds: null, about: 'subtitles' },
    ffmpeg: () => {
      mkdirSync(layout.packageIn(folder), { recursive: true })
      return [
        ...['-hide_banner', '-nostdin', '-nostats', '-progress', 'pipe:1', '-y'],
        ...['-protocol_whitelist', 'file', '-f', 'srt', '-i', captions, '-f', 'webvtt', file],
      ]
    },
  }
  return { steps: [step], track: { file, name: nameOf(language), language } }
}

function nameOf(language: string | null): string {
  const names = new Intl.DisplayNames(['en'], { type: 'language' })
  return (language && names.of(language)) ?? 'Subtitles'
}
