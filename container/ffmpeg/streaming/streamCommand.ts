/**
 * Builds the ffmpeg command of a stream. The input is decoded and edited once, then scaled for each
 * rung. Each track has an output of its own, with segments and a playlist.
 */
import { join } from 'node:path'
import type { FilterComplex } from '../edit/buildFilterGraph.ts'
import { STRIP_METADATA } from '../encode/containers.ts'
import { COMMON_OPTIONS } from '../process/limits.ts'
import { ffmpegOptions } from '../process/options.ts'
import { buildRungEncoder, type Rung } from './rungEncoder.ts'
import * as layout from './streamLayout.ts'

interface StreamCommand {
  graph: FilterComplex & { inputs: readonly string[] }
  rungs: readonly Rung[]
  /** Frame rate of all rungs, in ffmpeg's notation. */
  frameRate: string
  audio: (layout.Track & { kbps: number }) | null
  segmentSeconds: number
  /** Absolute path of the scratch folder. */
  folder: string
  /** Set for a chunk, whose frames have the times that they have in the stream; null for all of it. */
  chunk: StreamChunk | null
}

export interface StreamChunk {
  /** Number of its first segment. */
  firstNumber: number
  /** Number of the first frame that is not encoded, counted from 0; null for the last chunk. */
  endFrame: number | null
}

/** @returns the arguments of ffmpeg */
export function buildStreamCommand(stream: StreamCommand): string[] {
  const { graph, rungs, audio, segmentSeconds } = stream
  return [
    ...COMMON_OPTIONS,
    ...graph.inputs,
    ...ffmpegOptions({ filter_complex: buildFilters(stream) }),
    ...rungs.flatMap((rung) => [
      ...ffmpegOptions({ map: `[${rung.name}]` }),
      ...buildRungEncoder(rung),
      ...TRACK_ONLY,
      // Half a frame shorter: frame times are rounded, and the muxer must not miss the key frame at
      // the end of a segment.
      ...buildSegmentOutput(rung, stream, segmentSeconds - 0.5 / rung.video.frameRate),
    ]),
    ...(audio === null
      ? []
      : [
          ...ffmpegOptions({ map: '[audio_out]', 'c:a': 'aac', 'b:a': `${audio.kbps}k` }),
          ...ffmpegOptions({ ac: 2, ar: 48_000 }),
          ...TRACK_ONLY,
          ...buildSegmentOutput(audio, stream, segmentSeconds),
        ]),
  ]
}

/** Removes metadata and subtitles, so that the output has one track only. */
const TRACK_ONLY = [...STRIP_METADATA, ...ffmpegOptions({ sn: true })]

/** Extends the graphs of video and audio, which are one graph when files are joined. */
function buildFilters({ graph, rungs, frameRate, audio, chunk }: StreamCommand): string[] {
  const copies = rungs.map(({ name }) => `[${name}_in]`).join('')
  const resampled = audio === null ? [] : [`${graph.audio}aresample=async=1[audio_out]`]
  if (rungs.length === 0) {
    return [[...graph.filters, ...resampled].join(';')]
  }
  const [first = '', ...others] = graph.filters
  // The first frame is shown from the start of the stream on.
  const start = (chunk?.firstNumber ?? 1) === 1 ? ':start_time=0' : ''
  // `fps` repeats the last frame until its input ends, which is after the end of a chunk. It has a time
  // base of one frame.
  const end = chunk === null || chunk.endFrame === null ? '' : `trim=end_pts=${chunk.endFrame},`
  const scaled = [
    first,
    // A constant frame rate, so that the segments of all rungs begin at the same frame numbers.
    `${graph.video}fps=${frameRate}${start},${end}split=${rungs.length}${copies}`,
    ...rungs.map(
      ({ name, video: { size } }) =>
        `[${name}_in]scale=${size.width}:${size.height}:flags=bicubic,setsar=1[${name}]`,
    ),
  ]
  const graphs =
    others.length === 0 ? [[...scaled, ...resampled]] : [scaled, [...others, ...resampled]]
  return graphs.map((chains) => chains.join(';'))
}

/**
 * Output of one track: segments of one fragment each, without an index (`sidx`). Timestamps are not
 * shifted, because the shift would differ with the delay of each encoder. ffmpeg's playlist is not
 * published: it tells the runner which segments are complete.
 */
function buildSegmentOutput(
  track: layout.Track,
  { folder, chunk }: Pick<StreamCommand, 'folder' | 'chunk'>,
  segmentSeconds: number,
): string[] {
  const segments = layout.segmentsFolder(folder)
  return [
    ...ffmpegOptions({
      avoid_negative_ts: 'disabled',
      f: 'hls',
      hls_time: segmentSeconds.toFixed(6),
      hls_list_size: 3,
      start_number: chunk?.firstNumber ?? 1,
      hls_flags: 'temp_file',
      hls_segment_type: 'fmp4',
      // With `frag_discont`, the first segment keeps its time.
      hls_segment_options: `movflags=+skip_sidx${chunk === null ? '' : '+frag_discont'}`,
      hls_fmp4_init_filename: layout.initName(track),
      hls_segment_filename: join(segments, layout.segmentPattern(track)),
    }),
    join(segments, layout.playlistName(track)),
  ]
}
