/**
 * The vocabulary of a variant. `transformation` is what a caller writes, with the short keys of
 * the URL grammar; `rendition` is the same thing with every default filled in, which is all that
 * a runner ever sees.
 */
import { z } from 'zod'

export const VIDEO_FORMATS = ['mp4', 'webm', 'mov', 'mkv'] as const
export const IMAGE_FORMATS = ['jpg', 'png', 'webp'] as const
export const FITS = ['fill', 'crop', 'fit', 'scale', 'pad'] as const
export const GRAVITIES = [
  'center',
  'north',
  'south',
  'east',
  'west',
  'north_east',
  'north_west',
  'south_east',
  'south_west',
] as const

/** 7680 is the width of 8K UHD; below 2 pixels no 4:2:0 picture exists. */
const pixels = z.int().min(2).max(7680)
/** Seconds to the millisecond, up to a day. */
const seconds = z
  .number()
  .min(0)
  .max(86_400)
  .multipleOf(0.001)
  // A sum such as 0.1 + 0.2 passes as a multiple; what it carries beyond that is no part of a name.
  .overwrite((value) => Math.round(value * 1000) / 1000)
const SECONDS = '0 to 86400 seconds with up to 3 decimals'

/** A variant as a caller asks for it. Keys left out take the defaults named here. */
export const transformation = z
  .strictObject({
    w: pixels.optional().describe('Width in pixels, 2 to 7680'),
    h: pixels.optional().describe('Height in pixels, 2 to 7680'),
    c: z
      .enum(FITS)
      .optional()
      .describe(`How the picture meets w and h: ${FITS.join(', ')}; default fill`),
    g: z
      .enum(GRAVITIES)
      .optional()
      .describe(`What to keep when cropping: ${GRAVITIES.join(', ')}; default center`),
    b: z
      .string()
      .regex(/^([0-9a-fA-F]{6}|black|white)$/)
      .optional()
      .describe('Colour of the bars with c_pad: six hex digits, black or white; default black'),
    q: z
      .union([z.int().min(1).max(100), z.literal('auto')])
      .optional()
      .describe('Quality, 1 to 100 or auto; default 60'),
    so: seconds.optional().describe(`Start offset, ${SECONDS}; default 0`),
    eo: seconds.optional().describe(`End offset, exclusive, ${SECONDS}; default the end`),
    f: z
      .enum([...VIDEO_FORMATS, ...IMAGE_FORMATS])
      .optional()
      .describe(
        `Container ${VIDEO_FORMATS.join(', ')} or image ${IMAGE_FORMATS.join(', ')}; default mp4, or jpg with t_true`,
      ),
    t: z.literal(true).optional().describe('One frame as an image: true, or leave it out'),
    tt: seconds.optional().describe(`When that frame is taken, ${SECONDS}; default 0`),
  })
  .meta({ id: 'Transformation' })

export type Transformation = z.infer<typeof transformation>

const frame = {
  width: pixels.nullable(),
  height: pixels.nullable(),
  fit: z.enum(FITS),
  gravity: z.enum(GRAVITIES),
  background: z.string().regex(/^[0-9a-f]{6}$/),
  quality: z.union([z.int().min(1).max(100), z.literal('auto')]),
}

/** A variant with nothing left open. The runner plans from this and from the source's facts. */
export const rendition = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('video'),
    format: z.enum(VIDEO_FORMATS),
    ...frame,
    startSeconds: seconds,
    endSeconds: seconds.nullable(),
  }),
  z.object({
    kind: z.literal('image'),
    format: z.enum(IMAGE_FORMATS),
    ...frame,
    atSeconds: seconds,
  }),
])

export type Rendition = z.infer<typeof rendition>
