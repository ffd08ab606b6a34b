/** Laws of the transformation grammar, over random transformations. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  FITS,
  GRAVITIES,
  IMAGE_FORMATS,
  type Transformation,
  VIDEO_FORMATS,
} from '../../src/contract/transformation.ts'
import {
  canonicalForm,
  checkTransformation,
  looksLikeTransformation,
  parseTransformation,
  renditionOf,
  toRendition,
  TransformationError,
} from '../../src/domain/transformation.ts'

const pixels = fc.integer({ min: 2, max: 7680 })
const seconds = fc.integer({ min: 0, max: 86_400_000 }).map((ms) => ms / 1000)
const hex = fc.stringMatching(/^[0-9a-fA-F]{6}$/)
const frame = {
  w: pixels,
  h: pixels,
  c: fc.constantFrom(...FITS),
  g: fc.constantFrom(...GRAVITIES),
  b: fc.oneof(hex, fc.constantFrom('black', 'white')),
  q: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constant('auto' as const)),
}
const video = fc.record(
  { ...frame, so: seconds, eo: seconds, f: fc.constantFrom(...VIDEO_FORMATS) },
  { requiredKeys: [] },
)
const image = fc.record(
  { ...frame, t: fc.constant(true as const), tt: seconds, f: fc.constantFrom(...IMAGE_FORMATS) },
  { requiredKeys: ['t'] },
)
/** Any transformation that makes sense, as an object. */
const transformations: fc.Arbitrary<Transformation> = fc
  .oneof(video, image)
  .filter((t) => !('eo' in t) || t.eo! > ('so' in t ? t.so! : 0))
  .filter((t) => t.c !== 'crop' || 'w' in t || 'h' in t)

/** Every default that may be spelled out beside `t` without another meaning. */
const defaultsFor = (t: Transformation): Transformation => ({
  q: 60,
  ...(t.c !== 'crop' && { c: 'fill' as const, g: 'center' as const, b: 'black' }),
  ...(t.t ? { tt: 0, f: 'jpg' as const } : { so: 0, f: 'mp4' as const }),
})
const write = (t: Transformation) => Object.entries(t).map(([key, value]) => `${key}_${value}`)
const named = (t: Transformation) => canonicalForm(toRendition(checkTransformation(t)))

describe('for every transformation', () => {
  it('any order of its pairs, with any of the defaults spelled out, names the same variant', () => {
    const written = transformations.chain((t) =>
      fc
        .subarray(Object.keys(defaultsFor(t)) as (keyof Transformation)[])
        .map((keys) => {
          const defaults = defaultsFor(t)
          return { ...Object.fromEntries(keys.map((key) => [key, defaults[key]])), ...t }
        })
        .chain((all) => fc.shuffledSubarray(write(all), { minLength: Object.keys(all).length }))
        .filter((pairs) => pairs.length > 0)
        .map((pairs) => ({ t, text: pairs.join(',') })),
    )
    fc.assert(
      fc.property(written, ({ t, text }) => {
        expect(canonicalForm(toRendition(parseTransformation(text)))).toBe(named(t))
      }),
      { numRuns: 500 },
    )
  })

  it('the canonical form is a fixed point and keeps the whole rendition', () => {
    fc.assert(
      fc.property(transformations, (t) => {
        const rendition = toRendition(t)
        const text = canonicalForm(rendition)
        expect(renditionOf(text)).toEqual(rendition)
        expect(canonicalForm(renditionOf(text))).toBe(text)
        expect(looksLikeTransformation(text)).toBe(true)
        expect(text).toMatch(/^[a-z0-9_.,]+$/)
      }),
      { numRuns: 500 },
    )
  })

  it('two that differ in their rendition differ in their canonical form', () => {
    // One change of one key: neighbours are where two names would collide, if any did.
    const neighbours = fc.tuple(transformations, transformations, fc.nat()).map(([t, other, n]) => {
      const keys = Object.keys(other) as (keyof Transformation)[]
      const key = keys[n % Math.max(keys.length, 1)]
      return [t, key === undefined ? other : { ...t, [key]: other[key] }] as const
    })
    fc.assert(
      fc.property(neighbours, ([a, b]) => {
        try {
          checkTransformation(b)
        } catch {
          return
        }
        const same = JSON.stringify(toRendition(a)) === JSON.stringify(toRendition(b))
        expect(named(a) === named(b)).toBe(same)
      }),
      { numRuns: 500 },
    )
  })

  it('the object form with any number for its seconds is refused or can be read again', () => {
    const anySeconds = fc.oneof(
      seconds,
      fc.double({ min: 0, max: 86_400, noNaN: true }),
      fc.tuple(seconds, seconds).map(([a, b]) => a + b),
    )
    fc.assert(
      fc.property(anySeconds, anySeconds, (so, eo) => {
        let text
        try {
          text = named({ so, eo })
        } catch (error) {
          expect(error).toBeInstanceOf(TransformationError)
          return
        }
        expect(canonicalForm(renditionOf(text))).toBe(text)
      }),
      { numRuns: 500 },
    )
  })
})

it('text of any kind is read or refused with a message, never anything else', () => {
  const pair = fc
    .tuple(fc.constantFrom('w', 'q', 'so', 't', 'f', 'x', ''), fc.string())
    .map((parts) => parts.join('_'))
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(pair).map((pairs) => pairs.join(',')),
  )
  fc.assert(
    fc.property(text, (text) => {
      try {
        const canonical = canonicalForm(toRendition(parseTransformation(text)))
        expect(canonicalForm(renditionOf(canonical))).toBe(canonical)
      } catch (error) {
        expect(error).toBeInstanceOf(TransformationError)
        expect((error as Error).message).not.toBe('')
      }
    }),
    { numRuns: 500 },
  )
})
