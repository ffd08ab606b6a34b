/** What a probe found in a media file: the part of ffprobe's answer that users ask about. */
import { z } from 'zod'

export const mediaFacts = z
  .object({
    format: z
      .string()
      .describe('Container name as ffprobe gives it, e.g. "mov,mp4,m4a,3gp,3g2,mj2"'),
    durationSeconds: z
      .number()
      .nonnegative()
      .nullable()
      .describe('Length in seconds; null for a picture'),
    sizeBytes: z.number().int().nonnegative(),
    videoCodec: z.string().nullable(),
    audioCodec: z.string().nullable(),
    width: z
      .number()
      .int()
      .positive()
      .nullable()
      .describe('Display width in pixels, rotation applied'),
    height: z
      .number()
      .int()
      .positive()
      .nullable()
      .describe('Display height in pixels, rotation applied'),
    frameRate: z.number().positive().nullable().describe('Average frames a second'),
  })
  .meta({ id: 'MediaFacts' })

export type MediaFacts = z.infer<typeof mediaFacts>
