/**
 * The values of transformation keys: schemas, and their descriptions for error messages and docs.
 */
import { z } from 'zod'
import { describeCharacter, quoteWithOther } from './quote.ts'
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
export const ENCODER_SPEEDS = ['fast', 'balanced', 'small'] as const
export const TRIM_MODES = ['exact', 'fast'] as const
export const SUBTITLE_MODES = ['track', 'burn'] as const
export const METADATA_MODES = ['strip', 'keep'] as const
export const FLIPS = ['h', 'v', 'hv'] as const
export const ROTATIONS = [90, 180, 270] as const
export const THUMBNAILS = [true, 'best', 'sprite', 'wave', 'preview'] as const
/**
 * Form of a value in a URL: a number, text, a storage path with ":" instead of "/", or text in
 * which `true` is the boolean.
 */
export type UrlForm = 'number' | 'text' | 'path' | 'textOrTrue'

/** The values of a key. */
export interface Values<Schema extends z.ZodType> {
  schema: Schema
  /** Describes the values: in error messages after "must be", and in docs. */
  words: string
  urlForm: UrlForm
  /** A list is written in a URL with "+" between its elements. */
  isList: boolean
  /** Matches every character that a value may have. */
  characters?: RegExp
}

function define<Schema extends z.ZodType>(
  urlForm: UrlForm,
  schema: Schema,
  words: string,
  isList = false,
): Values<Schema> {
  return { schema, words, urlForm, isList }
}

/** Replaces the description of the values of a key. */
export function inWords<Schema extends z.ZodType>(
  values: Values<Schema>,
  words: string,
): Values<Schema> {
  return { ...values, words }
}

export function oneOf<const Option extends string>(options: readonly [Option, ...Option[]]) {
  return define('text', z.enum(options), `one of ${options.join(', ')}`)
}

export function integer(min: number, max: number, unit = '') {
  const words = `an integer from ${min} to ${max} ${unit}`.trimEnd()
  return define('number', z.int().min(min).max(max), words)
}

/**
 * A number with up to three decimals. Rounding removes floating-point errors (0.1 + 0.2), which
 * would otherwise become part of the variant's name.
 */
export function decimal(min: number, max: number, noun = 'number') {
  return define(
    'number',
    z
      .number()
      .min(min)
      .max(max)
      .multipleOf(0.001)
      .overwrite((value) => Math.round(value * 1000) / 1000),
    `a ${noun} from ${min} to ${max} with up to 3 decimals`,
  )
}

const DAY_SECONDS = 86_400
/** A duration or an offset. */
export function seconds(min = 0, max = DAY_SECONDS) {
  return decimal(min, max, 'number of seconds')
}

/** A side in pixels. 7680 is the width of 8K UHD; 4:2:0 cannot store a side of less than 2. */
export const pixels = integer(2, 7680)

export const quality = define(
  'number',
  z.union([z.int().min(1).max(100), z.literal('auto')]),
  'an integer from 1 to 100, or auto',
)

const rgbOrName = z.string().regex(/^([0-9a-fA-F]{6}|black|white)$/)
export const color = define('text', rgbOrName, 'six hexadecimal digits, black or white')
export const background = define(
  'text',
  z.union([rgbOrName, z.literal('blur')]),
  'six hexadecimal digits, black, white, or blur (the frame itself, enlarged and blurred)',
)

/** Characters with a meaning in the URL grammar; for example, ":" in a path stands for "/". */
const GRAMMAR_CHARACTERS = /[:,+]/
const path = storagePath.refine((text) => !GRAMMAR_CHARACTERS.test(text), {
  error: ({ input }) => {
    const text = String(input)
    return `A path that contains ":", "," or "+" cannot be used in a transformation. This one contains ${describeCharacter(text, text.search(GRAMMAR_CHARACTERS))}.`
  },
})
export const referenceFile = define(
  'path',
  path,
  'a storage path, in a URL with ":" instead of "/"',
)

const MAX_APPENDED = 10
export const appendedFiles = define(
  'path',
  z.array(path).min(1).max(MAX_APPENDED),
  `1 to ${MAX_APPENDED} storage paths, in a URL joined by "+" and with ":" instead of "/"`,
  true,
)

const MAX_RUNGS = 8
export const rungs = define(
  'number',
  z.array(z.int().min(144).max(4320)).min(1).max(MAX_RUNGS),
  `1 to ${MAX_RUNGS} integers from 144 to 4320, in a URL joined by "+"`,
  true,
)

const PRESET_NAME_WORDS = '1 to 32 of the characters a-z, 0-9 and -, the first a letter'
const PRESET_NAME_CHARACTERS = /[a-z0-9-]/
const presetNames = define(
  'text',
  z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, {
    error: ({ input }) =>
      `A preset name has ${PRESET_NAME_WORDS} (got ${quoteWithOther(String(input), PRESET_NAME_CHARACTERS)}).`,
  }),
  PRESET_NAME_WORDS,
)
export const presetName = { ...presetNames, characters: PRESET_NAME_CHARACTERS }

// Without `enum`, the OpenAPI document would list only the first literal.
export const rotation = define(
  'number',
  z.literal(ROTATIONS).meta({ enum: ROTATIONS }),
  `one of ${ROTATIONS.join(', ')}`,
)

/** Kinds of variant that `t` requests. */
export const thumbnail = define(
  'textOrTrue',
  z.literal(THUMBNAILS).meta({ type: ['boolean', 'string'], enum: THUMBNAILS }),
  'one of true (one frame), best (the best of several frames), sprite (storyboard), wave (waveform), preview (short animation without audio)',
)
