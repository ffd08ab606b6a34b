/** Paths of files, and names of their variants. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NAME_DEFAULTS } from '../../../src/contract/defaults.ts'
import { storagePath } from '../../../src/contract/storagePath.ts'
import { writeCanonicalForm } from '../../../src/domain/transformation/canonicalForm.ts'
import { toRendition } from '../../../src/domain/transformation/rendition.ts'
import {
  originalPath,
  parseVariantName,
  splitPackageFile,
} from '../../../src/domain/transformation/variantPath.ts'

function problem(path: string) {
  return storagePath.safeParse(path).error?.issues[0]?.message
}
function bytes(text: string) {
  return new TextEncoder().encode(text).length
}

describe('a storage path', () => {
  it.each([
    'clip.mp4',
    'videos/clip.mp4',
    'a_b/c.mp4',
    'a/b_c.mp4',
    '...mp4',
    '.hidden/..clip.mp4',
    'a b/été 🎬.mp4',
    'a+b&c=d?#%2F.mp4',
    `${'é'.repeat(127)}/clip.mp4`,
  ])('can be %s', (path) => {
    expect(storagePath.parse(path)).toBe(path)
  })

  it.each([
    ['', 'the path is empty'],
    ['/clip.mp4', 'an empty segment'],
    ['videos/', 'an empty segment'],
    ['videos//clip.mp4', 'an empty segment'],
    ['/', 'an empty segment'],
    ['.', 'the segment "."'],
    ['..', 'the segment ".."'],
    ['../clip.mp4', 'the segment ".."'],
    ['videos/../../clip.mp4', 'the segment ".."'],
    ['videos/./clip.mp4', 'the segment "."'],
    ['videos/..', 'the segment ".."'],
    ['..\\clip.mp4', 'a backslash'],
    ['videos\\clip.mp4', 'a backslash'],
    ['videos/\u0000clip.mp4', 'a control'],
    ['videos/clip\n.mp4', 'a control'],
    ['videos/clip\u007f.mp4', 'a control'],
    ['videos/clip\u0085.mp4', 'a control'],
    ['videos/clip\u2028.mp4', 'a control'],
    ['videos/\u202e4pm.clip', 'a text direction mark'],
    ['videos/\ud800.mp4', 'not valid Unicode'],
    [' clip.mp4', 'white space'],
    ['videos /clip.mp4', 'white space'],
    ['videos/clip.mp4\u00a0', 'white space'],
    ['a'.repeat(256), 'a segment is longer than 255 bytes'],
    [`${'é'.repeat(128)}/clip.mp4`, 'a segment is longer than 255 bytes'],
    [`${'a/'.repeat(512)}b`, 'longer than 1024 bytes'],
  ])('cannot be %j', (path, why) => {
    expect(problem(path)).toContain(why)
    expect(problem(path)).toContain('Use one like videos/clip.mp4')
  })

  it('is normalized to one Unicode form', () => {
    expect(storagePath.parse('e\u0301te\u0301.mp4')).toBe('\u00e9t\u00e9.mp4')
    // 360 bytes decomposed, 240 composed: the limit applies to the composed form, which is stored.
    expect(storagePath.parse('e\u0301'.repeat(120))).toBe('\u00e9'.repeat(120))
  })

  it('is never accepted with a segment that could leave its folder', () => {
    const piece = fc.constantFrom('..', '.', '/', '\\', '\u0000', ' ', '%2e', 'a', 'é', '\u202e')
    const path = fc.oneof(
      fc.array(piece).map((pieces) => pieces.join('')),
      fc.array(fc.string({ unit: 'binary' })).map((parts) => parts.join('/')),
    )
    let accepted = 0
    fc.assert(
      fc.property(path, (text) => {
        const { success, data } = storagePath.safeParse(text)
        if (!success) {
          return
        }
        accepted++
        expect(data).toBe(data.normalize('NFC'))
        expect(bytes(data)).toBeLessThanOrEqual(1_024)
        expect(data).not.toMatch(/[\p{Cc}\p{Cs}\\\u2028\u2029\u202a-\u202e]/u)
        for (const segment of data.split('/')) {
          expect(['', '.', '..']).not.toContain(segment)
          expect(segment).toBe(segment.trim())
          expect(bytes(segment)).toBeLessThanOrEqual(255)
        }
        expect(storagePath.parse(data)).toBe(data)
      }),
      { numRuns: 2_000 },
    )
    expect(accepted).toBeGreaterThan(100)
  })
})

describe('the name of a variant', () => {
  it.each([
    ['clip.mp4', 'clip.mp4', null],
    ['videos/clip.mp4', 'videos/clip.mp4', null],
    ['a_b/c.mp4', 'a_b/c.mp4', null],
    ['w_640', 'w_640', null],
    ['w_640/clip.mp4', 'clip.mp4', 'w_640'],
    ['q_60,w_640/videos/clip.mp4', 'videos/clip.mp4', 'w_640'],
    ['w_640/w_320/clip.mp4', 'w_320/clip.mp4', 'w_640'],
    ['w_640/e\u0301.mp4', '\u00e9.mp4', 'w_640'],
  ])('%s names the file %s and the variant %s', (text, filePath, variant) => {
    const name = parseVariantName(text)
    if (!name.ok) {
      throw new Error(name.message)
    }
    const named =
      name.transformation && writeCanonicalForm(toRendition(name.transformation, NAME_DEFAULTS))
    expect({ filePath: name.filePath, variant: named }).toEqual({ filePath, variant })
  })

  it.each([
    ['videos/clip.mp4', 'f_hls', 'videos/clip.mp4', null],
    ['clip.mp4', 'f_hls', 'clip.mp4', null],
    ['videos/clip.mp4/master.m3u8', 'f_hls', 'videos/clip.mp4', 'master.m3u8'],
    ['videos/clip.mp4/init_v720.mp4', 'f_hls', 'videos/clip.mp4', 'init_v720.mp4'],
    ['videos/clip/master.m3u8', 'f_hls', 'videos/clip', 'master.m3u8'],
    ['videos/clip.mp4/v720_00001.m4s', 'lad_720,f_hls', 'videos/clip.mp4', 'v720_00001.m4s'],
    ['clip.mp4/sprite_1.jpg', 't_sprite', 'clip.mp4', 'sprite_1.jpg'],
    ['videos/Clip.MP4/Master.m3u8', 'f_hls', 'videos/Clip.MP4/Master.m3u8', null],
    // Only packages have files below the path of the original.
    ['clip.mp4/master.m3u8', 'w_640', 'clip.mp4/master.m3u8', null],
    ['clip.mp4/a.mp4', null, 'clip.mp4/a.mp4', null],
  ])(
    '%s as %s names the file %s and the package file %s',
    (path, variant, filePath, packageFile) => {
      expect(splitPackageFile(path, variant)).toMatchObject({ filePath, variant, packageFile })
    },
  )

  it.each([
    [
      'w_abc/x.mp4',
      'invalid_transformation',
      'w_abc: w must be an integer from 2 to 7680 (got "abc").',
    ],
    ['w_0/x.mp4', 'invalid_transformation', 'w_0: w must be an integer from 2 to 7680 (got "0").'],
    ['w_640,x_1/x.mp4', 'invalid_transformation', '"x" is not a key'],
    ['w_640,/x.mp4', 'invalid_transformation', '"" is not a key_value pair'],
    ['w_1,w_2/x.mp4', 'invalid_transformation', 'The key "w" is given twice.'],
    ['w_640/', 'invalid_path', 'the path is empty'],
    ['w_640/../x.mp4', 'invalid_path', 'the segment ".."'],
    ['a_b/../x.mp4', 'invalid_path', 'the segment ".."'],
    ['', 'invalid_path', 'the path is empty'],
  ])('%j is rejected with %s', (text, code, message) => {
    expect(parseVariantName(text)).toEqual({
      ok: false,
      code,
      message: expect.stringContaining(message) as string,
    })
  })
})

describe('the path of an original', () => {
  it('is rejected if its first folder would be read as a transformation', () => {
    for (const path of ['b_roll/clip.mp4', 'w_640/clip.mp4', 't_shirts/a/clip.mp4']) {
      expect(originalPath.safeParse(path).error?.issues[0]?.message).toContain(
        `the folder "${path.split('/')[0]}" would be read as a transformation`,
      )
    }
    for (const path of ['a_b/c.mp4', 'videos/b_roll/clip.mp4', 'b_roll.mp4']) {
      expect(originalPath.parse(path)).toBe(path)
    }
  })
})
