/** Properties of the transformation grammar, over random transformations. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AUDIO_CODECS, VIDEO_CODECS } from '../../../src/contract/codecs.ts'
import { type Kind, RENDITIONS } from '../../../src/contract/rendition.ts'
import { FIELD_KEYS, type FieldKey, type Key, KEYS, readField } from '../../../src/contract/keys.ts'
import {
  ENCODER_SPEEDS,
  FLIPS,
  GRAVITIES,
  RESIZE_MODES,
  ROTATIONS,
} from '../../../src/contract/keyValues.ts'
import type { Transformation } from '../../../src/contract/transformation.ts'
import { NAME_DEFAULTS } from '../../../src/contract/defaults.ts'
import { type Format, FORMATS_BY_KIND } from '../../../src/contract/formats.ts'
import {
  writeCanonicalForm,
  readCanonicalForm,
} from '../../../src/domain/transformation/canonicalForm.ts'
import { looksLikeTransformation } from '../../../src/domain/transformation/parse.ts'
import { writeTransformation } from '../../../src/domain/transformation/write.ts'
import { TransformationError } from '../../../src/domain/transformation/transformationError.ts'
import { check, fill, parse } from './nameGrammar.ts'

function integer(min: number, max: number) {
  return fc.integer({ min, max })
}
function decimal(min: number, max: number) {
  return integer(min * 1000, max * 1000).map((thousandths) => thousandths / 1000)
}
const seconds = decimal(0, 86_400)
const colour = fc.oneof(fc.stringMatching(/^[0-9a-fA-F]{6}$/), fc.constantFrom('black', 'white'))
const folder = fc.constantFrom('', 'a/', 'b c/d_e/', 'ünïcödé/', '字/', '100%/', "it's/")
function file(...extensions: string[]) {
  return fc
    .tuple(folder, fc.stringMatching(/^[a-z0-9_-]{1,6}$/), fc.constantFrom(...extensions))
    .map(([at, name, extension]) => `${at}${name}.${extension}`)
}

/** Random values for each key except `f`, `t` and `n`. The type checker rejects a missing key. */
const VALUES = {
  w: integer(2, 7680),
  h: integer(2, 7680),
  c: fc.constantFrom(...RESIZE_MODES),
  g: fc.constantFrom(...GRAVITIES),
  fx: decimal(0, 1),
  fy: decimal(0, 1),
  b: fc.oneof(colour, fc.constant('blur')),
  q: fc.oneof(integer(1, 100), fc.constant('auto')),
  p: fc.constantFrom(...ENCODER_SPEEDS),
  vc: fc.constantFrom(...VIDEO_CODECS),
  br: integer(50, 100_000),
  sz: integer(50, 50_000_000),
  fps: decimal(1, 120),
  ac: fc.constantFrom(...AUDIO_CODECS),
  ab: integer(16, 512),
  at: integer(1, 32),
  ln: integer(10, 31),
  so: seconds,
  eo: seconds,
  cut: fc.constantFrom('exact', 'fast'),
  sp: decimal(0.25, 4),
  cat: fc.array(file('mp4', 'mov'), { minLength: 1, maxLength: 10 }),
  r: fc.constantFrom(...ROTATIONS),
  fl: fc.constantFrom(...FLIPS),
  wm: file('png', 'jpg'),
  wg: fc.constantFrom(...GRAVITIES),
  ws: integer(1, 100),
  wo: integer(1, 100),
  st: file('srt', 'vtt'),
  sm: fc.constantFrom('track', 'burn'),
  fi: decimal(0, 60),
  fo: decimal(0, 60),
  md: fc.constantFrom('strip', 'keep'),
  lad: fc.uniqueArray(integer(144, 4320), { minLength: 1, maxLength: 8 }),
  sd: integer(2, 10),
  tt: seconds,
  si: decimal(0.5, 3_600),
  sc: integer(1, 20),
  wc: colour,
} satisfies Record<FieldKey, fc.Arbitrary<unknown>>

/** The values of `t` that request each kind; undefined for kinds that only `f` requests. */
const KIND_SELECTORS: Record<Kind, fc.Arbitrary<unknown>> = {
  video: fc.constant(undefined),
  stream: fc.constant(undefined),
  audio: fc.constant(undefined),
  probe: fc.constant(undefined),
  image: fc.constantFrom(true, true, 'best'),
  preview: fc.constant('preview'),
  sprite: fc.constant('sprite'),
  wave: fc.constant('wave'),
}
const KINDS = Object.keys(RENDITIONS) as Kind[]
function formats(kind: Kind): readonly Format[] {
  return FORMATS_BY_KIND[kind]
}
function listKeys(kind: Kind) {
  return FIELD_KEYS.filter((key) => readField(key) in RENDITIONS[kind].shape)
}

function isValid(t: unknown): t is Transformation {
  try {
    check(t)
    return true
  } catch {
    return false
  }
}

/** Valid transformations of a kind, with few keys: a random set of many keys is rarely valid. */
function arbitraryOfKind(kind: Kind): fc.Arbitrary<Transformation> {
  return fc
    .subarray(listKeys(kind), { maxLength: Math.min(listKeys(kind).length, 8) })
    .chain((keys) =>
      fc.record({
        ...Object.fromEntries(keys.map((key) => [key, VALUES[key]])),
        t: KIND_SELECTORS[kind],
        f: fc.constantFrom(...formats(kind)),
      }),
    )
    .map((t) => Object.fromEntries(Object.entries(t).filter(([, value]) => value !== undefined)))
    .filter(isValid)
}
const transformations = fc.constantFrom(...KINDS).chain(arbitraryOfKind)

/** Returns defaults that can be added to `t` without changing its meaning. */
function listAddableDefaults(t: Transformation): Transformation {
  const { kind, format } = fill(t)
  const writtenDefaults = listKeys(kind).flatMap((key) => {
    const value = (NAME_DEFAULTS.fields as unknown as Record<string, unknown>)[readField(key)]
    // Null, `none` and empty lists cannot be written. Zeros are added below, for some keys.
    const isEmptyList = Array.isArray(value) && value.length === 0
    const isWritable = ![undefined, null, 0, 'none'].includes(value as never) && !isEmptyList
    return isWritable && isValid({ [key]: value, ...t }) ? [[key, value] as const] : []
  })
  const zeros = (['so', 'fi', 'fo', 'tt'] as const).filter((key) => listKeys(kind).includes(key))
  const f = formats(kind).find((each) => each === format)
  const all = {
    ...Object.fromEntries([...writtenDefaults, ...zeros.map((key) => [key, 0] as const)]),
    f,
  }
  return Object.fromEntries(
    Object.entries(all).filter(
      ([key, value]) => value !== undefined && isValid({ [key]: value, ...t }),
    ),
  )
}
function write(t: Transformation) {
  return Object.entries(t).map(([key, value]) => writeTransformation({ [key]: value }))
}
function nameVariant(t: Transformation) {
  return writeCanonicalForm(fill(check(t)))
}

describe('for every transformation', () => {
  it('any order of its pairs, with any defaults written out, names the same variant', () => {
    const written = transformations.chain((t) =>
      fc
        .subarray(Object.keys(listAddableDefaults(t)) as Key[])
        .map((keys) => {
          const defaults = listAddableDefaults(t)
          return { ...Object.fromEntries(keys.map((key) => [key, defaults[key]])), ...t }
        })
        // Each default is valid alone, but some cannot be combined.
        .filter(isValid)
        .chain((all) => fc.shuffledSubarray(write(all), { minLength: Object.keys(all).length }))
        .filter((pairs) => pairs.length > 0)
        .map((pairs) => ({ t, text: pairs.join(',') })),
    )
    fc.assert(
      fc.property(written, ({ t, text }) => {
        expect(writeCanonicalForm(fill(parse(text)))).toBe(nameVariant(t))
      }),
      { numRuns: 500 },
    )
  })

  it('the canonical form is read as the same rendition, which has the same canonical form', () => {
    fc.assert(
      fc.property(transformations, (t) => {
        const rendition = fill(t)
        const text = writeCanonicalForm(rendition)
        expect(readCanonicalForm(text)).toEqual(rendition)
        expect(writeCanonicalForm(readCanonicalForm(text))).toBe(text)
        expect(looksLikeTransformation(text)).toBe(true)
        expect(text).toMatch(/^[^/]+$/)
      }),
      { numRuns: 500 },
    )
  })

  it('different renditions have different canonical forms', () => {
    // Two transformations that differ in at most one key. If `writeCanonicalForm` forgot this key,
    // both would get the same name.
    const neighbours = fc.tuple(transformations, transformations, fc.nat()).map(([t, other, n]) => {
      const keys = Object.keys(other) as Key[]
      const key = keys[n % Math.max(keys.length, 1)]
      return [t, key === undefined ? other : { ...t, [key]: other[key] }] as const
    })
    fc.assert(
      fc.property(neighbours, ([a, b]) => {
        try {
          check(b)
        } catch {
          return
        }
        const same = JSON.stringify(fill(a)) === JSON.stringify(fill(b))
        expect(nameVariant(a) === nameVariant(b)).toBe(same)
      }),
      { numRuns: 500 },
    )
  })

  it('for any number of seconds the object form is rejected, or its name can be parsed', () => {
    const anySeconds = fc.oneof(
      seconds,
      fc.double({ min: 0, max: 86_400, noNaN: true }),
      fc.tuple(seconds, seconds).map(([a, b]) => a + b),
    )
    fc.assert(
      fc.property(anySeconds, anySeconds, (so, eo) => {
        let text
        try {
          text = nameVariant({ so, eo })
        } catch (error) {
          expect(error).toBeInstanceOf(TransformationError)
          return
        }
        expect(writeCanonicalForm(readCanonicalForm(text))).toBe(text)
      }),
      { numRuns: 500 },
    )
  })
})

it('any text is parsed or rejected with a message', () => {
  // Without `n`: a transformation with it has no canonical form until the preset is expanded.
  const keys = KEYS.filter((key) => key !== 'n')
  const pair = fc
    .tuple(fc.constantFrom(...keys, 'x', ''), fc.string())
    .map((parts) => parts.join('_'))
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(pair).map((pairs) => pairs.join(',')),
  )
  fc.assert(
    fc.property(text, (text) => {
      try {
        const canonical = writeCanonicalForm(fill(parse(text)))
        expect(writeCanonicalForm(readCanonicalForm(canonical))).toBe(canonical)
      } catch (error) {
        expect(error).toBeInstanceOf(TransformationError)
        expect((error as Error).message).not.toBe('')
      }
    }),
    { numRuns: 500 },
  )
})

it.each(KINDS)('the random transformations of kind %s use every key of the kind', (kind) => {
  const seen = new Set(
    fc.sample(arbitraryOfKind(kind), { numRuns: 1_000, seed: 1 }).flatMap(Object.keys),
  )
  expect([...seen]).toEqual(expect.arrayContaining(listKeys(kind)))
})
