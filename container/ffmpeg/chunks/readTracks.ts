/** Counts the packets of the tracks of a local file, and reads their times and decoder configurations. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { type ProbeEnvironment, runFfprobe } from '../process/ffprobe.ts'
import { LOCAL_FILE_INPUT } from '../process/limits.ts'
import { ffmpegOptions } from '../process/options.ts'

/** Properties without which a decoder cannot play the samples, or plays them differently. */
const CONFIG_ENTRIES = [
  'codec_name',
  'profile',
  'sample_rate',
  'channels',
  'channel_layout',
  'extradata_hash',
] as const

const tracksOutput = z.object({
  streams: z.array(
    z.looseObject({
      codec_type: z.string().optional(),
      time_base: z.string(),
      start_pts: z.int().optional(),
      duration_ts: z.int().optional(),
      nb_read_packets: z.string().optional(),
      sample_rate: z.string().optional(),
      tags: z.object({ DURATION: z.string().optional() }).optional(),
    }),
  ),
})

type Stream = z.infer<typeof tracksOutput>['streams'][number]

export interface Track {
  /** Ticks per second. */
  timescale: number
  startTicks: number
  endTicks: number
  packetCount: number
  sampleRate: number | null
  /** SHA-256. */
  decoderConfig: string
}

/**
 * Returns the first track of each kind; null when there is none, or it is empty. One ffprobe reads both, as it
 * takes most of its time to start.
 */
export async function readTracks(
  options: Omit<ProbeEnvironment, 'bytesRead'> & { file: string },
): Promise<Record<'video' | 'audio', Track | null>> {
  const { output } = await runFfprobe(
    {
      ...options,
      bytesRead: () => 0,
      input: [...LOCAL_FILE_INPUT, `file:${options.file}`],
    },
    {
      entries: [
        `stream=codec_type,time_base,start_pts,duration_ts,nb_read_packets,${CONFIG_ENTRIES.join(',')}`,
        'stream_tags=DURATION',
      ].join(':'),
      selection: ffmpegOptions({ show_data_hash: 'sha256', count_packets: true }),
      mayReadAll: true,
    },
  )
  const { streams } = tracksOutput.parse(JSON.parse(output))
  const read = (kind: string) => toTrack(streams.find(({ codec_type }) => codec_type === kind))
  return { video: read('video'), audio: read('audio') }
}

function toTrack(stream: Stream | undefined): Track | null {
  const packetCount = Number(stream?.nb_read_packets ?? 0)
  if (stream === undefined || packetCount === 0) {
    return null
  }
  const timescale = readTimescale(stream.time_base)
  const config = CONFIG_ENTRIES.map((name) => stream[name] ?? null)
  return {
    timescale,
    startTicks: stream.start_pts ?? 0,
    endTicks: readEnd(stream, timescale),
    packetCount,
    sampleRate: stream.sample_rate === undefined ? null : Number(stream.sample_rate),
    decoderConfig: createHash('sha256').update(JSON.stringify(config)).digest('hex'),
  }
}

/** Time bases of the containers of variants are a fraction of a second. */
function readTimescale(timeBase: string): number {
  const [units = '1', perSecond = '1'] = timeBase.split('/')
  return Math.round(Number(perSecond) / Number(units))
}

/** Matroska has no duration of a track in ticks, but the time of its end as a tag. */
function readEnd(stream: Stream, timescale: number): number {
  const { start_pts: start = 0, duration_ts: duration, tags } = stream
  if (duration !== undefined) {
    return start + duration
  }
  const [hours = 0, minutes = 0, seconds = 0] = (tags?.DURATION ?? '').split(':').map(Number)
  return Math.round((hours * 3600 + minutes * 60 + seconds) * timescale)
}
