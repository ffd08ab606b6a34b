/** Reads the packets and the decoder configuration of a track of a local file. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { type ProbeEnvironment, runFfprobe } from '../process/ffprobe.ts'
import { LOCAL_FILE_INPUT } from '../process/limits.ts'
import { ffmpegOptions } from '../process/options.ts'

/** Properties without which a decoder cannot show the frames, or shows them differently. */
const CONFIG_ENTRIES = [
  'codec_name',
  'profile',
  'pix_fmt',
  'width',
  'height',
  'sample_aspect_ratio',
  'color_range',
  'color_space',
  'color_transfer',
  'color_primaries',
  'sample_rate',
  'channels',
  'channel_layout',
  'extradata_hash',
] as const

/** An hour with 120 frames a second has 26,000,000 characters. */
const MAX_CHARACTERS = 3e7

const packet = z.object({ pts: z.int().optional(), dts: z.int().optional(), flags: z.string() })
const frame = z.object({ key_frame: z.int(), pts: z.int().optional() })

const trackOutput = z.object({
  packets: z.array(packet).default([]),
  /** Replaces `packets` if frames are decoded too. */
  packets_and_frames: z.array(z.union([packet, frame])).default([]),
  streams: z
    .array(
      z.looseObject({
        time_base: z.string(),
        start_pts: z.int().optional(),
        duration_ts: z.int().optional(),
        nb_read_packets: z.string().optional(),
        sample_rate: z.string().optional(),
        tags: z.object({ DURATION: z.string().optional() }).optional(),
      }),
    )
    .max(1),
})

export interface Track {
  /** Ticks per second. */
  timescale: number
  startTicks: number
  endTicks: number
  packetCount: number
  /** In their order in the file; empty if they were not requested. */
  packets: { pts: number; dts: number; isKeyframe: boolean }[]
  sampleRate: number | null
  /** SHA-256. */
  decoderConfig: string
  /** Duration of the last packet; null if packets were not requested. */
  lastPacketTicks: number | null
  /** The first frame that was decoded; null if none was requested. */
  firstFrame: { pts: number | null; isKeyframe: boolean } | null
}

/**
 * `keyframes` lists the packets, and decodes the key frames. Decoders of H.264 and H.265 skip all other
 * frames; those of VP9 and AV1 would decode all. `count` only counts the packets: a film has too many
 * packets of audio to be listed.
 */
export type TrackDetail = 'count' | 'packets' | 'keyframes'

export type TrackOptions = ProbeEnvironment & { file: string; track: 'v:0' | 'a:0' }

/** @returns null when there is no such track, or it is empty */
export async function readTrack(options: TrackOptions, detail: TrackDetail): Promise<Track | null> {
  const { output } = await runFfprobe(
    { ...options, input: [...LOCAL_FILE_INPUT, `file:${options.file}`] },
    {
      entries: [
        `stream=time_base,start_pts,duration_ts,nb_read_packets,${CONFIG_ENTRIES.join(',')}`,
        'stream_tags=DURATION',
        ...(detail === 'count' ? [] : ['packet=pts,dts,flags']),
        ...(detail === 'keyframes' ? ['frame=key_frame,pts'] : []),
      ].join(':'),
      format: 'json=compact=1',
      selection: ffmpegOptions({
        select_streams: options.track,
        show_data_hash: 'sha256',
        count_packets: true,
        skip_frame: detail === 'keyframes' ? 'nokey' : null,
      }),
      mayReadAll: true,
      maxCharacters: MAX_CHARACTERS,
    },
  )
  const parsed = trackOutput.parse(JSON.parse(output))
  const [stream] = parsed.streams
  const packetCount = Number(stream?.nb_read_packets ?? 0)
  if (stream === undefined || packetCount === 0) {
    return null
  }
  const timescale = readTimescale(stream.time_base)
  const startTicks = stream.start_pts ?? 0
  const read = [...parsed.packets, ...parsed.packets_and_frames]
  const [first] = read.filter((each) => 'key_frame' in each)
  const packets = read.filter((each) => 'flags' in each)
  const listed = packets.map(({ pts, dts, flags }) => ({
    pts: pts ?? dts ?? 0,
    dts: dts ?? pts ?? 0,
    isKeyframe: flags.startsWith('K'),
  }))
  const endTicks = readEnd(stream, timescale)
  const lastPacketTicks = measureLastPacket(listed, endTicks - startTicks)
  const config = CONFIG_ENTRIES.map((name) => stream[name] ?? null)
  return {
    timescale,
    startTicks,
    // With uneven frames, MP4 declares an end that can be before the last one.
    endTicks:
      lastPacketTicks === null
        ? endTicks
        : listed.reduce((last, { pts }) => Math.max(last, pts), startTicks) + lastPacketTicks,
    lastPacketTicks,
    packetCount,
    packets: listed,
    sampleRate: stream.sample_rate === undefined ? null : Number(stream.sample_rate),
    firstFrame: first ? { pts: first.pts ?? null, isKeyframe: first.key_frame === 1 } : null,
    decoderConfig: createHash('sha256').update(JSON.stringify(config)).digest('hex'),
  }
}

/** Time bases of the containers of variants are a fraction of a second. */
function readTimescale(timeBase: string): number {
  const [units = '1', perSecond = '1'] = timeBase.split('/')
  return Math.round(Number(perSecond) / Number(units))
}

type Stream = z.infer<typeof trackOutput>['streams'][number]

/** Matroska has no duration of a track in ticks, but the time of its end as a tag. */
function readEnd(stream: Stream, timescale: number): number {
  const { start_pts: start = 0, duration_ts: duration, tags } = stream
  if (duration !== undefined) {
    return start + duration
  }
  const [hours = 0, minutes = 0, seconds = 0] = (tags?.DURATION ?? '').split(':').map(Number)
  return Math.round((hours * 3600 + minutes * 60 + seconds) * timescale)
}

/** The duration of a track in MP4 is the sum of those of its packets, in the order of decoding. */
function measureLastPacket(packets: Track['packets'], duration: number): number | null {
  const [first, last] = [packets[0], packets.at(-1)]
  return first === undefined || last === undefined
    ? null
    : Math.max(1, duration - (last.dts - first.dts))
}
