/**
 * What a probe of a stored file finds: the document that a job for `f_json` makes and `POST /probe`
 * answers with. What could not be found out is null, never left out.
 */
import { z } from 'zod'
import { queueName } from './queue.ts'
import { storagePath } from './storagePath.ts'

const count = z.int().nonnegative()
const seconds = z.number().nonnegative()
const text = z.string().max(500)
/** As the file has it: "1:1", "16:9". */
const ratio = z.string().regex(/^\d{1,9}:\d{1,9}$/)

const common = {
  index: count.describe('Its place in the file, over streams of all types'),
  codec: text.nullable().describe('As ffmpeg names it, e.g. "h264"'),
  profile: text.nullable(),
  language: text.nullable().describe('ISO 639-2, e.g. "eng"'),
  default: z.boolean().describe('What players choose by themselves'),
  durationSeconds: seconds.nullable(),
  bitRate: count.nullable().describe('Bits a second'),
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
  width: count.nullable().describe('As it is coded'),
  height: count.nullable().describe('As it is coded'),
  displayWidth: count.nullable().describe('Rotated, and with square pixels'),
  displayHeight: count.nullable().describe('Rotated, and with square pixels'),
  pixelFormat: text.nullable(),
  bitDepth: count.nullable(),
  frameRate: z.number().positive().nullable().describe('Average frames a second'),
  variableFrameRate: z.boolean().nullable(),
  frames: count.nullable(),
  rotation: z.literal([0, 90, 180, 270]).describe('Degrees clockwise that a player turns it by'),
  sampleAspectRatio: ratio.nullable(),
  displayAspectRatio: ratio.nullable(),
  fieldOrder: text.nullable(),
  interlaced: z.boolean().nullable(),
  color: colour,
  keyframeIntervalSeconds: seconds.nullable().describe('The longest found between two keyframes'),
})
const audioStream = z.object({
  type: z.literal('audio'),
  ...common,
  channels: count.nullable(),
  channelLayout: text.nullable().describe('e.g. "stereo", "5.1"'),
  sampleRate: count.nullable(),
})
const otherStream = z.object({
  type: z.enum(['subtitle', 'data', 'attachment']),
  ...common,
})

const obstacle = text.nullable().describe('What keeps it from being copied as it is; null: nothing')

export const probeDocument = z
  .object({
    filePath: z.string().optional(),
    format: z.string().describe('The container in one word, e.g. "mp4"'),
    formatName: z.string().describe('As ffprobe gives it, e.g. "mov,mp4,m4a,3gp,3g2,mj2"'),
    durationSeconds: seconds.nullable(),
    sizeBytes: count,
    bitRate: count.nullable().describe('Bits a second, of all together'),
    startSeconds: z.number().nullable(),
    chapters: count.nullable(),
    tags: z
      .record(z.string().max(100), text)
      .refine((tags) => Object.keys(tags).length <= 50, 'at most 50 tags')
      .describe('Of the container: up to 50, each cut at 500 characters'),
    streams: z
      .array(z.discriminatedUnion('type', [videoStream, audioStream, otherStream]))
      .max(100),
    remux: z
      .object({ mp4: obstacle, mov: obstacle, webm: obstacle, mkv: obstacle })
      .describe('For each container what is in the way of a copy without encoding'),
  })
  .meta({ id: 'Probe' })
export type ProbeDocument = z.infer<typeof probeDocument>
/** It is read whole into memory, by the gateway too. */
export const MAX_PROBE_BYTES = 512 * 1024

export const probeRequest = z
  .strictObject({
    filePath: storagePath,
    queue: queueName.optional().describe('Default: that of the key, else "default"'),
    waitSeconds: z
      .number()
      .min(0)
      .max(25)
      .default(20)
      .describe('How long the answer may take before it is 202'),
  })
  .meta({ id: 'ProbeRequest' })
