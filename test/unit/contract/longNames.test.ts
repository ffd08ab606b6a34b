/**
 * Every key of a transformation has a short and a long name, and the object form accepts either.
 */
import { describe, expect, it } from 'vitest'
import {
  findKey,
  KEY_DEFINITIONS,
  KEYS,
  FIELD_KEYS,
  readField,
} from '../../../src/contract/keys.ts'
import { GRAMMAR_VERSIONS } from '../../../src/contract/defaults.ts'
import { rendition } from '../../../src/contract/rendition.ts'
import { transformation } from '../../../src/contract/transformation.ts'
import {
  checkTransformation,
  parseTransformation,
} from '../../../src/domain/transformation/parse.ts'

/** A transformation with every key. Some of the values cannot be combined in a request. */
const EVERY_KEY: Record<string, unknown> = {
  w: 640,
  h: 360,
  c: 'pad',
  g: 'north',
  fx: 0.5,
  fy: 0.25,
  b: 'blur',
  q: 'auto',
  p: 'small',
  vc: 'av1',
  br: 500,
  sz: 900,
  fps: 25,
  ac: 'opus',
  ab: 96,
  at: 2,
  ln: 23,
  so: 1.5,
  eo: 9,
  cut: 'fast',
  sp: 2,
  cat: ['a/b.mp4', 'c.mp4'],
  r: 270,
  fl: 'hv',
  wm: 'brand/logo.png',
  wg: 'east',
  ws: 20,
  wo: 50,
  st: 'a.srt',
  sm: 'burn',
  fi: 1,
  fo: 2,
  md: 'keep',
  lad: [360, 720],
  sd: 6,
  f: 'webm',
  t: true,
  tt: 3,
  si: 5,
  sc: 4,
  wc: 'ff8800',
  n: 'card',
}
function withLongNames(short: Record<string, unknown>) {
  return Object.fromEntries(
    Object.entries(short).map(([key, value]) => [KEY_DEFINITIONS[findKey(key)!].name, value]),
  )
}

describe('the names of the keys', () => {
  it('are distinct, short and long ones together, and findKey finds the key of each', () => {
    const names = KEYS.flatMap((key) => [key, KEY_DEFINITIONS[key].name])
    expect(new Set(names).size).toBe(2 * KEYS.length)
    for (const key of KEYS) {
      expect([findKey(key), findKey(KEY_DEFINITIONS[key].name)]).toEqual([key, key])
    }
    expect([findKey('constructor'), findKey('')]).toEqual([null, null])
  })

  it('include each rendition field except kind, format and pick', () => {
    const fields = rendition.options.flatMap(({ shape }) => Object.keys(shape))
    const keyedFields = new Set(
      fields.filter((field) => !['kind', 'format', 'pick'].includes(field)),
    )
    expect(new Set(FIELD_KEYS.map(readField))).toEqual(keyedFields)
  })

  it('include each field that has a default', () => {
    for (const { fields } of GRAMMAR_VERSIONS) {
      const names = [...Object.keys(fields), 'videoCodec', 'audioCodec']
      expect(names.sort()).toEqual(FIELD_KEYS.map(readField).sort())
    }
  })
})

describe('an object with long names', () => {
  it('is the same transformation as the one with short names', () => {
    expect(Object.keys(EVERY_KEY)).toEqual(KEYS)
    expect(transformation.parse(EVERY_KEY)).toEqual(EVERY_KEY)
    expect(transformation.parse(withLongNames(EVERY_KEY))).toEqual(EVERY_KEY)
  })

  it('may also have short names', () => {
    const t = { width: 640, q: 30, videoCodec: 'h265', startSeconds: 0.1 + 0.2 }
    expect(checkTransformation(t)).toEqual({ w: 640, q: 30, vc: 'h265', so: 0.3 })
  })

  it.each([
    [{ w: 640, width: 640 }, 'w and width are two names of one key: give only one of them.'],
    [{ f: 'mp4', format: 'webm' }, 'f and format are two names of one key: give only one of them.'],
    [{ width: 0 }, 'width must be an integer from 2 to 7680 (got "0").'],
    [{ append: ['a/b.mp4', 'c+d.mp4'] }, 'append must be 1 to 10 storage paths'],
    [{ thumbnail: 'none' }, 'thumbnail must be one of true (one frame)'],
    [{ Width: 640 }, '"Width" is not a key. The keys are w (width), h (height),'],
    [{ width: 640, format: 'mp3' }, 'w cannot be used for an audio file.'],
  ])('is rejected with a message about the key: %j', (t, message) => {
    expect(() => checkTransformation(t)).toThrow(message)
  })
})

it('long names are not part of the URL grammar', () => {
  expect(() => parseTransformation('width_640')).toThrow('"width" is not a key. The keys are w, h,')
})
