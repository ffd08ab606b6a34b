/** What the URL grammar takes, what it refuses, and what it says then. */
import { describe, expect, it } from 'vitest'
import {
  writeCanonicalForm,
  readCanonicalForm,
} from '../../../src/domain/transformation/canonicalForm.ts'
import { toRendition } from '../../../src/domain/transformation/rendition.ts'
import {
  checkTransformation,
  looksLikeTransformation,
  parseTransformation,
} from '../../../src/domain/transformation/grammar.ts'
import { TransformationError } from '../../../src/domain/transformation/transformationError.ts'

function canonical(text: string) {
  return writeCanonicalForm(toRendition(parseTransformation(text)))
}

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
    // Every kind, and every key of it.
    ['f_dash', 'f_hls'],
    ['lad_1080+360+720,sd_4,f_hls', 'lad_360+720+1080,f_hls'],
    ['f_m4a,ac_aac,ab_128', 'f_m4a'],
    ['f_wav,ac_pcm,ab_320', 'f_wav'],
    ['f_gif', 'f_gif,t_preview'],
    ['t_preview,f_webp', 't_preview'],
    ['f_webp', 'f_webp,t_true'],
    ['t_best,f_jpg', 't_best'],
    ['t_sprite,sc_10,f_jpg', 't_sprite'],
    ['t_sprite,si_2,f_webp,w_160', 'w_160,f_webp,t_sprite,si_2'],
    ['t_wave,wc_white,b_black,f_png', 't_wave'],
    ['t_wave,wc_FF0000,b_white', 'b_ffffff,t_wave,wc_ff0000'],
    ['f_json', 'f_json'],
    ['vc_h264,ac_aac,p_balanced', 'f_mp4'],
    ['f_webm,vc_vp9,ac_opus', 'f_webm'],
    ['f_webm,vc_av1', 'vc_av1,f_webm'],
    ['c_pad,w_64,h_64,b_blur', 'w_64,h_64,c_pad,b_blur'],
    ['fy_0.25,fx_0.750,w_64,h_64', 'w_64,h_64,fx_0.75,fy_0.25'],
    ['fx_0.5,fy_0.5,w_64', 'w_64'],
    ['ac_none,ab_96,at_2,ln_23', 'ac_none'],
    ['ac_copy,ab_96,sp_1,fi_0', 'ac_copy'],
    ['cut_fast', 'f_mp4'],
    ['cut_fast,so_2', 'so_2,cut_fast'],
    ['sm_burn', 'f_mp4'],
    ['ws_30,wo_50,wg_north', 'f_mp4'],
    ['sz_500,md_strip', 'sz_500'],
    [
      'r_90,fl_hv,fps_29.97,br_2000,ab_96,at_2,ln_16',
      'br_2000,fps_29.97,ab_96,at_2,ln_16,r_90,fl_hv',
    ],
    ['fo_1.50,fi_0.5,sp_2.0', 'sp_2,fi_0.5,fo_1.5'],
    ['wm_a:b:logo.png,ws_15,wo_40', 'wm_a:b:logo.png,wo_40'],
    ['st_s:en.vtt,sm_burn,md_keep', 'st_s:en.vtt,sm_burn,md_keep'],
    ['cat_b:2.mp4+c.mp4', 'cat_b:2.mp4+c.mp4'],
    // The same name in two normal forms of Unicode is one file.
    ['wm_Cafe\u0301 bar.png', 'wm_Caf\u00e9 bar.png'],
    ['wm_100%2525_😀.png', 'wm_100%2525_😀.png'],
  ])('of %s is %s, and is its own canonical form', (text, expected) => {
    expect(canonical(text)).toBe(expected)
    expect(canonical(expected)).toBe(expected)
    expect(readCanonicalForm(expected)).toEqual(toRendition(parseTransformation(text)))
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
      const named = writeCanonicalForm(toRendition(checkTransformation({ so })))
      expect(readCanonicalForm(named)).toMatchObject({ startSeconds: Math.round(so * 1000) / 1000 })
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
    [
      'f_avi',
      'f: Container mp4, webm, mov, mkv, stream hls, dash, audio m4a, mp3, opus, wav, image jpg, png, webp, preview gif, or json',
    ],
    [
      'f_MP4',
      'f: Container mp4, webm, mov, mkv, stream hls, dash, audio m4a, mp3, opus, wav, image jpg, png, webp, preview gif, or json',
    ],
    [
      't_false',
      't: In place of a video: true (one frame), best (the best frame of several), sprite',
    ],
    ['t_1', 't: In place of a video: true (one frame), best (the best frame of several), sprite'],
    ['t_true,tt_x', 'tt: When that frame is taken, 0 to 86400 seconds'],
    ['tt_5', 'tt says which frame, so it needs t_true or an image format'],
    ['tt_5,f_webm', 'tt says which frame, so it needs t_true or an image format'],
    ['t_true,f_mp4', 't_true makes an image, so f must be one of jpg, png, webp (got "mp4").'],
    ['t_true,so_1', 'so and eo cut a video; for one frame use tt'],
    ['f_png,eo_4', 'so and eo cut a video; for one frame use tt'],
    ['c_crop', 'c_crop needs w, h or both'],
    ['tt_5,t_best', 't_best looks for the second itself: leave tt out'],
    ['t_best,f_gif', 't_best makes an image, so f must be one of jpg, png, webp (got "gif").'],
    ['t_sprite,f_mp4', 't_sprite makes a sprite, so f must be one of jpg, png, webp (got "mp4").'],
    [
      't_preview,f_webm',
      't_preview makes a preview, so f must be one of webp, gif, mp4 (got "webm").',
    ],
    ['t_wave,f_gif', 't_wave makes a wave, so f must be one of png, webp, jpg (got "gif").'],
    ['f_hls,w_640', 'w has no meaning for a stream (f_hls)'],
    ['f_mp3,w_640', 'w has no meaning for sound alone'],
    ['f_json,q_60', 'q has no meaning for what a probe finds (f_json)'],
    ['t_sprite,so_1', 'so has no meaning for a storyboard (t_sprite)'],
    ['t_wave,q_60', 'q has no meaning for a waveform (t_wave)'],
    ['f_gif,ac_none', 'ac has no meaning for a preview'],
    ['lad_720', 'lad has no meaning for a video'],
    ['f_hls,lad_720+720', 'lad names a size twice'],
    ['f_hls,lad_100', 'lad: Ladder of f_hls: up to 8 short sides in pixels, 144 to 4320'],
    ['f_hls,lad_', 'lad: Ladder of f_hls: up to 8 short sides in pixels, 144 to 4320'],
    ['f_hls,sd_1', 'sd: Length of the segments of f_hls, 2 to 10 seconds'],
    ['f_webm,vc_h264', 'webm does not hold h264'],
    ['f_hls,vc_vp9', 'hls does not hold vp9'],
    ['f_webm,ac_aac', 'webm does not hold aac sound'],
    ['f_mp3,ac_none', 'mp3 does not hold none sound'],
    ['vc_divx', 'vc: Video codec: h264, h265, vp9, av1'],
    ['sz_500,q_60', 'sz takes the place of q and br: leave them out'],
    ['sz_500,br_100', 'sz takes the place of q and br: leave them out'],
    ['fx_0.5', 'fx and fy are the two sides of one point: give both'],
    ['fx_0.5,fy_0.5,g_north', 'fx and fy say what g says: give one of them'],
    ['fx_1.1,fy_0', 'fx: Focal point to keep when cropping, from the left: 0 to 1'],
    ['ac_copy,sp_2', 'ac_copy keeps the sound as it is, and sp changes it: leave one out'],
    ['ac_copy,ln_23', 'ac_copy keeps the sound as it is, and ln changes it: leave one out'],
    ['t_wave,b_blur', 'b takes six hex digits here'],
    [
      'wm_clip.mp4',
      'wm takes an image, which is to end in .jpg, .jpeg, .png, .webp, .gif; not clip.mp4',
    ],
    ['wm_a::b.png', 'wm: Watermark: an image, a path in storage'],
    ['wm_..:b.png', 'wm: Watermark: an image, a path in storage'],
    ['wm_', 'wm: Watermark: an image, a path in storage'],
    ['st_a.txt', 'st takes subtitles, which are to end in .srt or .vtt; not a.txt'],
    ['cat_', 'cat: Up to 10 files to play after this one'],
    ['cat_a.mp4+', 'cat: Up to 10 files to play after this one'],
    [`cat_${Array(11).fill('a.mp4').join('+')}`, 'cat: Up to 10 files to play after this one'],
    [
      `wm_${Array(9).fill('a'.repeat(110)).join(':')}.png,cat_${Array(9).fill('b'.repeat(200)).join('+')}`,
      'longer than 2000 characters: name shorter paths',
    ],
    ['r_45', 'r: Turn clockwise: 90, 180, 270 degrees'],
    ['fl_x', 'fl: Mirror: h left to right, v top to bottom, or hv'],
    ['sp_5', 'sp: Speed, 0.25 to 4'],
    ['fps_0', 'fps: Frames a second, 1 to 120'],
    ['n_My', 'n: A named preset of the queue'],
    ['w_640,w_640', 'the key "w" is there twice'],
    ['w_640,q_60,w_320', 'the key "w" is there twice'],
    [
      'w_640,x_1',
      '"x" is not a key; the keys are w, h, c, g, fx, fy, b, q, p, vc, br, sz, fps, ac, ab, at, ln, so, eo, cut, sp, cat, r, fl, wm, wg, ws, wo, st, sm, fi, fo, md, lad, sd, f, t, tt, si, sc, wc, n',
    ],
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
    [{ t: false }, 't: In place of a video'],
    [{ t: true, f: 'mp4' }, 't_true makes an image'],
    [{ width: 640 }, 'width'],
    [{ wm: 'a:b.png' }, 'wm: Watermark'],
    [{ cat: ['a+b.mp4'] }, 'cat: Up to 10 files'],
    [{ cat: 'a.mp4' }, 'cat: Up to 10 files'],
    [{ cat: [] }, 'cat: Up to 10 files'],
    ['w_640', 'expected object'],
    [null, 'expected object'],
  ])('in the object form too: %j', (value, expected) => {
    expect(refusal(() => checkTransformation(value))).toContain(expected)
  })
})

describe('a path segment looks like a transformation', () => {
  it.each([
    'w_640',
    'w_abc',
    'x_1,w_640',
    'w_640,w_640',
    't_false',
    'w_640,',
    ',w_640',
    'wm_Café bar:ü.png',
    'n_card',
    'lad_360+720,f_hls',
    'st_字幕:中文.srt',
  ])('when it is meant as one: %s', (segment) =>
    expect(looksLikeTransformation(segment)).toBe(true),
  )
  it.each(['a_b', 'videos', '', ',', 'w640', 'W_640', 'my_w_640', 'clip-w_640', '2024_w'])(
    'and not when it is a plain name: "%s"',
    (segment) => expect(looksLikeTransformation(segment)).toBe(false),
  )
})
