/** The main properties of a media file, as found by ffprobe. */
import { z } from 'zod'

export const mediaFacts = z
  .object({
    format: z
      .string()
      .describe('Container by ffprobe\'s name, for example "mov,mp4,m4a,3gp,3g2,mj2"'),
    durationSeconds: z
      .number()
      .nonnegative()
      .nullable()
      .describe('Duration in seconds; null if it is unknown, as for an image'),
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
    frameRate: z.number().positive().nullable().describe('Average frames per second'),
  })
  .meta({ id: 'MediaFacts' })

export type MediaFacts = z.infer<typeof mediaFacts>
