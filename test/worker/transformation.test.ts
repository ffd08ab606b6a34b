/** What the URL grammar takes, what it refuses, and what it says then. */
import { describe, expect, it } from 'vitest'
import {
  canonicalForm,
  checkTransformation,
  looksLikeTransformation,
  parseTransformation,
  renditionOf,
  toRendition,
  TransformationError,
} from '../../src/domain/transformation.ts'

const canonical = (text: string) => canonicalForm(toRendition(parseTransformation(text)))

function refusal(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    expect(error).toBeInstanceOf(TransformationError)
    return (error as Error).message
  }
  throw new Error('it was accepted')
}

describe('the canonical form', () => {
  it.each([
    ['q_60,w_640', 'w_640'],
    ['w_640,c_fill,q_60,f_mp4,so_0,g_center', 'w_640'],
    ['h_360,w_640,c_pad,b_black', 'w_640,h_360,c_pad'],
    ['h_360,w_640,c_pad,b_FFFFFF', 'w_640,h_360,c_pad,b_ffffff'],
    ['h_360,w_640,c_pad,b_white', 'w_640,h_360,c_pad,b_ffffff'],
    ['c_pad,w_640', 'w_640'],
    ['b_ff0000,w_640', 'w_640'],
    ['g_north,w_640', 'w_640'],
    ['g_north_east,w_640,h_360', 'w_640,h_360,g_north_east'],
    ['c_fit,g_north,w_640,h_360', 'w_640,h_360,c_fit'],
    ['eo_2.50,so_1.0', 'so_1,eo_2.5'],
    ['t_true', 't_true'],
    ['t_true,tt_0,f_jpg', 't_true'],
    ['f_jpg', 't_true'],
    ['tt_5,f_png', 'f_png,t_true,tt_5'],
    ['q_auto,f_webm', 'q_auto,f_webm'],
    ['q_60', 'f_mp4'],
  ])('of %s is %s, and is its own canonical form', (text, expected) => {
    expect(canonical(text)).toBe(expected)
    expect(canonical(expected)).toBe(expected)
    expect(renditionOf(expected)).toEqual(toRendition(parseTransformation(text)))
  })

  it('is the same for the object form', () => {
    const object = { q: 60, w: 640, h: 360, c: 'pad', b: 'white' }
    expect(checkTransformation(object)).toEqual(
      parseTransformation('q_60,w_640,h_360,c_pad,b_white'),
    )
    expect(checkTransformation({ t: true, tt: 1.5 })).toEqual(parseTransformation('t_true,tt_1.5'))
  })

  it('can be read again for seconds that carry floating-point noise', () => {
    for (const so of [0.1 + 0.2, 1e-19, 50_000.00000000001, 86_399.999]) {
      const named = canonicalForm(toRendition(checkTransformation({ so })))
      expect(renditionOf(named)).toMatchObject({ startSeconds: Math.round(so * 1000) / 1000 })
    }
    expect(refusal(() => checkTransformation({ so: 0.3, eo: 0.1 + 0.2 }))).toContain('eo')
  })
})

describe('a bad value is refused with the key and what is allowed', () => {
  it.each([
    ['w_0', 'w: Width in pixels, 2 to 7680'],
    ['w_1', 'w: Width in pixels, 2 to 7680'],
    ['w_7681', 'w: Width in pixels, 2 to 7680'],
    ['w_99999', 'w: Width in pixels, 2 to 7680'],
    ['w_640.5', 'w: Width in pixels, 2 to 7680'],
    ['w_-640', 'w: Width in pixels, 2 to 7680'],
    ['w_+640', 'w: Width in pixels, 2 to 7680'],
    ['w_0640', 'w: Width in pixels, 2 to 7680'],
    ['w_6e2', 'w: Width in pixels, 2 to 7680'],
    ['w_0x280', 'w: Width in pixels, 2 to 7680'],
    ['w_640px', 'w: Width in pixels, 2 to 7680'],
    ['w_ 640', 'w: Width in pixels, 2 to 7680'],
    ['w_６４０', 'w: Width in pixels, 2 to 7680'],
    ['w_', 'w: Width in pixels, 2 to 7680'],
    ['w_auto', 'w: Width in pixels, 2 to 7680'],
    ['h_0', 'h: Height in pixels, 2 to 7680'],
    ['q_0', 'q: Quality, 1 to 100 or auto'],
    ['q_101', 'q: Quality, 1 to 100 or auto'],
    ['q_999', 'q: Quality, 1 to 100 or auto'],
    ['q_60.5', 'q: Quality, 1 to 100 or auto'],
    ['q_AUTO', 'q: Quality, 1 to 100 or auto'],
    ['c_zoom', 'c: How the picture meets w and h: fill, crop, fit, scale, pad'],
    ['g_middle', 'g: What to keep when cropping: center, north, south, east, west'],
    ['c_pad,w_64,h_64,b_red', 'b: Colour of the bars with c_pad: six hex digits, black or white'],
    ['c_pad,w_64,h_64,b_fff', 'b: Colour of the bars with c_pad: six hex digits, black or white'],
    ['so_-1', 'so: Start offset, 0 to 86400 seconds'],
    ['so_1e1', 'so: Start offset, 0 to 86400 seconds'],
    ['so_01', 'so: Start offset, 0 to 86400 seconds'],
    ['so_.5', 'so: Start offset, 0 to 86400 seconds'],
    ['so_1.', 'so: Start offset, 0 to 86400 seconds'],
    ['so_1.2345', 'so: Start offset, 0 to 86400 seconds'],
    ['so_86401', 'so: Start offset, 0 to 86400 seconds'],
    ['eo_Infinity', 'eo: End offset, exclusive, 0 to 86400 seconds'],
    ['so_5,eo_5', 'eo (5) must be greater than so (5)'],
    ['so_5,eo_4.999', 'eo (4.999) must be greater than so (5)'],
    ['eo_0', 'eo (0) must be greater than so (0)'],
    ['f_avi', 'f: Container mp4, webm, mov, mkv or image jpg, png, webp'],
    ['f_MP4', 'f: Container mp4, webm, mov, mkv or image jpg, png, webp'],
    ['t_false', 't: One frame as an image: true'],
    ['t_1', 't: One frame as an image: true'],
    ['t_true,tt_x', 'tt: When that frame is taken, 0 to 86400 seconds'],
    ['tt_5', 'tt says which frame, so it needs t_true or an image format'],
    ['tt_5,f_webm', 'tt says which frame, so it needs t_true or an image format'],
    ['t_true,f_mp4', 't_true makes an image, so f must be jpg, png, webp, not mp4'],
    ['t_true,so_1', 'so and eo cut a video; for one frame use tt'],
    ['f_png,eo_4', 'so and eo cut a video; for one frame use tt'],
    ['c_crop', 'c_crop needs w, h or both'],
    ['w_640,w_640', 'the key "w" is there twice'],
    ['w_640,q_60,w_320', 'the key "w" is there twice'],
    ['w_640,x_1', '"x" is not a key; the keys are w, h, c, g, b, q, so, eo, f, t, tt'],
    ['constructor_1', '"constructor" is not a key'],
    ['', '"" is not a key_value pair such as w_640'],
    ['w_640,', '"" is not a key_value pair such as w_640'],
    [',w_640', '"" is not a key_value pair such as w_640'],
    ['w_640,,q_60', '"" is not a key_value pair such as w_640'],
    ['w640', '"w640" is not a key_value pair such as w_640'],
    ['w=640', '"w=640" is not a key_value pair such as w_640'],
    ['W_640', '"W_640" is not a key_value pair such as w_640'],
    [' w_640', '" w_640" is not a key_value pair such as w_640'],
  ])('%s', (text, expected) => {
    expect(refusal(() => parseTransformation(text))).toContain(expected)
  })

  it.each([
    [{ w: '640' }, 'w: Width in pixels'],
    [{ w: null }, 'w: Width in pixels'],
    [{ so: -0.001 }, 'so: Start offset, 0 to 86400 seconds'],
    [{ so: 0.0005 }, 'so: Start offset, 0 to 86400 seconds'],
    [{ t: false }, 't: One frame as an image'],
    [{ t: true, f: 'mp4' }, 't_true makes an image'],
    [{ width: 640 }, 'width'],
    ['w_640', 'expected object'],
    [null, 'expected object'],
  ])('in the object form too: %j', (value, expected) => {
    expect(refusal(() => checkTransformation(value))).toContain(expected)
  })
})

describe('a path segment looks like a transformation', () => {
  it.each(['w_640', 'w_abc', 'x_1,w_640', 'w_640,w_640', 't_false', 'w_640,', ',w_640'])(
    'when it is meant as one: %s',
    (segment) => expect(looksLikeTransformation(segment)).toBe(true),
  )
  it.each(['a_b', 'videos', '', ',', 'w640', 'W_640', 'my_w_640', 'clip-w_640', '2024_w'])(
    'and not when it is a plain name: "%s"',
    (segment) => expect(looksLikeTransformation(segment)).toBe(false),
  )
})
