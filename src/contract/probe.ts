/**
 * The result of a probe: the document that a job for `f_json` makes and `POST /probe` returns.
 * Properties that are unknown are null, not missing. Only the response has `filePath`.
 */
import { z } from 'zod'
import { queueName } from './queue.ts'
import { storagePath } from './storagePath.ts'

/** Canonical form of the transformation that creates a probe document. */
export const PROBE = 'f_json'

const count = z.int().nonnegative()
const seconds = z.number().nonnegative()
const text = z.string().max(500)
/** Two integers, such as "16:9". */
const ratio = z.string().regex(/^\d{1,9}:\d{1,9}$/)

const common = {
  index: count.describe('Position in the file among the tracks of all types'),
  codec: text.nullable().describe('By ffmpeg\'s name, for example "h264"'),
  profile: text.nullable(),
  language: text.nullable().describe('As written in the file, for example "eng"'),
  default: z.boolean().describe('Players choose this track by default'),
  durationSeconds: seconds.nullable(),
  bitRate: count.nullable().describe('Bits per second'),
}

const colour = z.object({
  range: text.nullable().describe('"tv" (limited) or "pc" (full)'),
  space: text.nullable(),
  transfer: text.nullable(),
  primaries: text.nullable(),
  hdr: z.enum(['pq', 'hlg']).nullable().describe('null for SDR'),
})

const videoStream = z.object({
  type: z.literal('video'),
  ...common,
  width: count.nullable().describe('Coded size in pixels'),
  height: count.nullable().describe('Coded size in pixels'),
  displayWidth: count.nullable().describe('Size as displayed: rotated, and with square pixels'),
  displayHeight: count.nullable().describe('Size as displayed: rotated, and with square pixels'),
  pixelFormat: text.nullable(),
  bitDepth: count.nullable(),
  frameRate: z.number().positive().nullable().describe('Average frames per second'),
  variableFrameRate: z.boolean().nullable(),
  frames: count.nullable(),
  rotation: z.literal([0, 90, 180, 270]).describe('Clockwise rotation by players, in degrees'),
  sampleAspectRatio: ratio.nullable(),
  displayAspectRatio: ratio.nullable(),
  fieldOrder: text.nullable(),
  interlaced: z.boolean().nullable(),
  color: colour,
  keyframeIntervalSeconds: seconds
    .nullable()
    .describe('The longest interval that was found between two key frames'),
})
const audioStream = z.object({
  type: z.literal('audio'),
  ...common,
  channels: count.nullable(),
  channelLayout: text.nullable().describe('For example "stereo" or "5.1"'),
  sampleRate: count.nullable(),
})
const otherStream = z.object({
  type: z.enum(['subtitle', 'data', 'attachment']),
  ...common,
})

const obstacle = text
  .nullable()
  .describe('Why the file cannot be copied into the container without encoding; null if it can')

export const probeDocument = z
  .object({
    filePath: z.string().optional(),
    format: z.string().describe('The container in one word, for example "mp4"'),
    formatName: z.string().describe('By ffprobe\'s name, for example "mov,mp4,m4a,3gp,3g2,mj2"'),
    durationSeconds: seconds.nullable(),
    sizeBytes: count,
    bitRate: count.nullable().describe('Bits per second of the whole file'),
    startSeconds: z.number().nullable(),
    chapters: count.nullable(),
    tags: z
      .record(z.string().max(100), text)
      .refine((tags) => Object.keys(tags).length <= 50, 'must have at most 50 tags')
      .describe(
        'Tags of the container, without its brands: up to 50, each truncated to 500 characters',
      ),
    streams: z
      .array(z.discriminatedUnion('type', [videoStream, audioStream, otherStream]))
      .max(100),
    remux: z
      .object({ mp4: obstacle, mov: obstacle, webm: obstacle, mkv: obstacle })
      .describe('For each container, the obstacle to a copy without encoding'),
  })
  .meta({ id: 'Probe' })
export type ProbeDocument = z.infer<typeof probeDocument>
/** The runner and the Worker read the document into memory as a whole. */
export const MAX_PROBE_BYTES = 512 * 1024

export const probeRequest = z
  .strictObject({
    filePath: storagePath,
    queue: queueName.optional().describe('Default: the queue of the key, otherwise "default"'),
    waitSeconds: z
      .number()
      .min(0)
      .max(25)
      .default(20)
      .describe('Maximum time to wait for the result, before 202 is returned'),
  })
  .meta({ id: 'ProbeRequest' })
