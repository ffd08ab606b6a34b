/**
 * What a caller writes to name a variant: the short keys of the URL grammar, each with its values.
 * This is the one definition of a key; the URL grammar, the object form, the OpenAPI document and
 * docs/media.md all follow it. What a key means for each kind of variant is `rendition.ts`'s.
 */
import { z } from 'zod'
import { AUDIO_CODECS, VIDEO_CODECS } from './codecs.ts'
import { AUDIO_FORMATS, FORMATS, IMAGE_FORMATS, STREAM_FORMATS, VIDEO_FORMATS } from './formats.ts'
import { storagePath } from './storagePath.ts'

export const RESIZE_MODES = ['fill', 'crop', 'fit', 'scale', 'pad'] as const
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
/** What is made in place of a video: one frame, the best of several, and so on. */
export const PICTURES = [true, 'best', 'sprite', 'wave', 'preview'] as const
export const ENCODER_SPEEDS = ['fast', 'balanced', 'small'] as const
export const FLIPS = ['h', 'v', 'hv'] as const
export const ROTATIONS = [90, 180, 270] as const

function list(values: readonly unknown[]) {
  return values.join(', ')
}
function whole(from: number, to: number) {
  return z.int().min(from).max(to)
}
/** 7680 is the width of 8K UHD; below 2 pixels no 4:2:0 picture exists. */
const pixels = whole(2, 7680)
/** What is left of a sum such as 0.1 + 0.2, beyond three decimals, is no part of a name. */
function decimal(from: number, to: number) {
  return z
    .number()
    .min(from)
    .max(to)
    .multipleOf(0.001)
    .overwrite((value) => Math.round(value * 1000) / 1000)
}
/** Seconds to the millisecond, up to a day. */
const seconds = decimal(0, 86_400)
const SECONDS = '0 to 86400 seconds with up to 3 decimals'
const colour = z.string().regex(/^([0-9a-fA-F]{6}|black|white)$/)

/** In a URL a slash in such a path is written as a colon, and several are joined by a plus. */
const MARKS = /[:,+]/
const reference = storagePath.refine((path) => !MARKS.test(path), {
  error: 'a path with ":", "," or "+" in it cannot be named by a transformation',
})
const REFERENCE = 'a path in storage, in a URL with ":" for "/"'
export const MAX_APPENDED = 10
export const MAX_RUNGS = 8

/** A variant as a caller asks for it. Keys left out take the defaults named here. */
export const transformation = z
  .strictObject({
    w: pixels.optional().describe('Width in pixels, 2 to 7680'),
    h: pixels.optional().describe('Height in pixels, 2 to 7680'),
    c: z
      .enum(RESIZE_MODES)
      .optional()
      .describe(`How the picture meets w and h: ${list(RESIZE_MODES)}; default fill`),
    g: z
      .enum(GRAVITIES)
      .optional()
      .describe(`What to keep when cropping: ${list(GRAVITIES)}; default center`),
    fx: decimal(0, 1)
      .optional()
      .describe('Focal point to keep when cropping, from the left: 0 to 1; goes with fy'),
    fy: decimal(0, 1)
      .optional()
      .describe('Focal point to keep when cropping, from the top: 0 to 1; goes with fx'),
    b: z
      .union([colour, z.literal('blur')])
      .optional()
      .describe(
        'Colour of the bars with c_pad: six hex digits, black or white, or blur for the picture itself, blurred; default black',
      ),
    q: z
      .union([whole(1, 100), z.literal('auto')])
      .optional()
      .describe('Quality, 1 to 100 or auto, the same look in every codec; default 60'),
    p: z
      .enum(ENCODER_SPEEDS)
      .optional()
      .describe(`Speed of the encoder against size: ${list(ENCODER_SPEEDS)}; default balanced`),
    vc: z
      .enum(VIDEO_CODECS)
      .optional()
      .describe(`Video codec: ${list(VIDEO_CODECS)}; default h264, or vp9 in webm`),
    br: whole(50, 100_000)
      .optional()
      .describe('Cap on the bit rate of the picture, 50 to 100000 kbit/s; default none'),
    sz: whole(50, 50_000_000)
      .optional()
      .describe('Size to aim for, 50 to 50000000 kB (1000 bytes); takes the place of q and br'),
    fps: decimal(1, 120)
      .optional()
      .describe('Frames a second, 1 to 120 with up to 3 decimals; default those of the source'),
    ac: z
      .enum(AUDIO_CODECS)
      .optional()
      .describe(`Audio codec: ${list(AUDIO_CODECS)}; default what the container is used with`),
    ab: whole(16, 512).optional().describe('Bit rate of the sound, 16 to 512 kbit/s; default 128'),
    at: whole(1, 32).optional().describe('Which audio track, 1 to 32; default 1'),
    ln: whole(10, 31)
      .optional()
      .describe('Loudness, 10 to 31 for -10 to -31 LUFS by EBU R128 (23 in broadcasting)'),
    so: seconds.optional().describe(`Start offset, ${SECONDS}; default 0`),
    eo: seconds.optional().describe(`End offset, exclusive, ${SECONDS}; default the end`),
    cut: z
      .enum(['exact', 'fast'])
      .optional()
      .describe(
        'Where so cuts: exact, or fast at the keyframe before, without encoding; default exact',
      ),
    sp: decimal(0.25, 4).optional().describe('Speed, 0.25 to 4; default 1'),
    cat: z
      .array(reference)
      .min(1)
      .max(MAX_APPENDED)
      .optional()
      .describe(
        `Up to ${MAX_APPENDED} files to play after this one, joined by "+", each ${REFERENCE}`,
      ),
    r: z
      .literal(ROTATIONS)
      .optional()
      .describe(`Turn clockwise: ${list(ROTATIONS)} degrees`),
    fl: z.enum(FLIPS).optional().describe('Mirror: h left to right, v top to bottom, or hv'),
    wm: reference.optional().describe(`Watermark: an image, ${REFERENCE}`),
    wg: z
      .enum(GRAVITIES)
      .optional()
      .describe(`Where the watermark lies: ${list(GRAVITIES)}; default south_east`),
    ws: whole(1, 100)
      .optional()
      .describe('Width of the watermark, 1 to 100 percent of that of the picture; default 15'),
    wo: whole(1, 100)
      .optional()
      .describe('Opacity of the watermark, 1 to 100 percent; default 100'),
    st: reference.optional().describe(`Subtitles: an srt or vtt file, ${REFERENCE}`),
    sm: z
      .enum(['track', 'burn'])
      .optional()
      .describe(
        'Subtitles as a track to switch on (track) or in the picture (burn); default track',
      ),
    fi: decimal(0, 60).optional().describe('Fade in, 0 to 60 seconds; default 0'),
    fo: decimal(0, 60).optional().describe('Fade out, 0 to 60 seconds; default 0'),
    md: z
      .enum(['strip', 'keep'])
      .optional()
      .describe('Titles, places, dates and device names: strip or keep; default strip'),
    lad: z
      .array(whole(144, 4320))
      .min(1)
      .max(MAX_RUNGS)
      .optional()
      .describe(
        `Ladder of f_hls: up to ${MAX_RUNGS} short sides in pixels, 144 to 4320, joined by "+"; default by the source`,
      ),
    sd: whole(2, 10)
      .optional()
      .describe('Length of the segments of f_hls, 2 to 10 seconds; default 4'),
    f: z
      .enum(FORMATS)
      .optional()
      .describe(
        `Container ${list(VIDEO_FORMATS)}, stream ${list(STREAM_FORMATS)}, audio ${list(AUDIO_FORMATS)}, image ${list(IMAGE_FORMATS)}, preview gif, or json for what a probe finds; default mp4, or what t says`,
      ),
    t: z
      .literal(PICTURES)
      .optional()
      .describe(
        'In place of a video: true (one frame), best (the best frame of several), sprite (storyboard), wave (waveform) or preview (short, moving, silent)',
      ),
    tt: seconds.optional().describe(`When that frame is taken, ${SECONDS}; default 0`),
    si: decimal(0.5, 3_600)
      .optional()
      .describe('Seconds between the pictures of a storyboard, 0.5 to 3600; default 100 pictures'),
    sc: whole(1, 20)
      .optional()
      .describe('Columns of a storyboard, which has as many rows, 1 to 20; default 10'),
    wc: colour
      .optional()
      .describe('Colour of a waveform: six hex digits, black or white; default white'),
    n: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,31}$/)
      .optional()
      .describe(
        'A named preset of the queue: 1 to 32 of a-z, 0-9 and -; other keys take the place of its own',
      ),
  })
  .meta({ id: 'Transformation' })

export type Transformation = z.infer<typeof transformation>
export type Key = keyof Transformation
