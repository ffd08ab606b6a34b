/**
 * The one command that makes all tracks of a stream: one decode and one graph of edits, of which each
 * rung is a smaller copy, every track with segments and a playlist of its own.
 */
import { join } from 'node:path'
import { STRIP_METADATA } from '../encode/containers.ts'
import type { FilterComplex } from '../edit/buildFilterGraph.ts'
import * as layout from './streamLayout.ts'
import { COMMON_OPTIONS } from '../process/limits.ts'
import { buildRungEncoder, type Rung } from './rungEncoder.ts'

export function buildStreamCommand(stream: {
  graph: FilterComplex & { inputs: readonly string[] }
  rungs: readonly Rung[]
  /** What rungs come in, in ffmpeg's notation. */
  frameRate: string
  audio: (layout.Track & { kbps: number }) | null
  segmentSeconds: number
  /** The scratch folder. */
  folder: string
}): string[] {
  const { graph, rungs, audio, segmentSeconds, folder } = stream
  const copies = rungs.map(({ name }) => `[${name}_in]`).join('')
  const filters = [
    graph.filters,
    // A constant rate, so that the pictures at which all rungs are cut can be counted.
    `${graph.video}fps=${stream.frameRate}:start_time=0,split=${rungs.length}${copies}`,
    ...rungs.map(
      ({ name, video: { size } }) =>
        `[${name}_in]scale=${size.width}:${size.height}:flags=bicubic,setsar=1[${name}]`,
    ),
    ...(audio === null ? [] : [`${graph.audio}aresample=async=1:first_pts=0[sound_out]`]),
  ]
  return [
    ...COMMON_OPTIONS,
    ...graph.inputs,
    '-filter_complex',
    filters.join(';'),
    ...rungs.flatMap((rung) => [
      '-map',
      `[${rung.name}]`,
      ...buildRungEncoder(rung),
      ...NOTHING_ELSE,
      // The moments of pictures are rounded, so the nearest is meant.
      ...segmented(rung, folder, segmentSeconds - 0.5 / rung.video.frameRate),
    ]),
    ...(audio === null
      ? []
      : [
          '-map',
          '[sound_out]',
          '-c:a',
          'aac',
          '-b:a',
          `${audio.kbps}k`,
          '-ac',
          '2',
          '-ar',
          '48000',
          ...NOTHING_ELSE,
          ...segmented(audio, folder, segmentSeconds),
        ]),
  ]
}

const NOTHING_ELSE = [...STRIP_METADATA, '-sn']

/**
 * Segments of one fragment each, with no index of their own. Times are left as they are, since each
 * output would else be moved by what its own encoder holds back. Of ffmpeg's playlist only the last
 * entry counts: what it names, and all before, is whole.
 */
function segmented(track: layout.Track, folder: string, seconds: number): string[] {
  const segments = layout.segmentsFolder(folder)
  return [
    '-avoid_negative_ts',
    'disabled',
    '-f',
    'hls',
    '-hls_time',
    seconds.toFixed(6),
    '-hls_list_size',
    '3',
    '-start_number',
    '1',
    '-hls_flags',
    'temp_file',
    '-hls_segment_type',
    'fmp4',
    '-hls_segment_options',
    'movflags=+skip_sidx',
    '-hls_fmp4_init_filename',
    layout.initName(track),
    '-hls_segment_filename',
    join(segments, layout.segmentPattern(track)),
    join(segments, layout.playlistName(track)),
  ]
}
