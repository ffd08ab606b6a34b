/** The URL grammar and the object form: what they accept, what they reject, and the messages. */
import { describe, expect, it } from 'vitest'
import {
  writeCanonicalForm,
  readCanonicalForm,
} from '../../../src/domain/transformation/canonicalForm.ts'
import { looksLikeTransformation } from '../../../src/domain/transformation/parse.ts'
import { TransformationError } from '../../../src/domain/transformation/transformationError.ts'
import { check, fill, parse } from './nameGrammar.ts'

function canonical(text: string) {
  return writeCanonicalForm(fill(parse(text)))
}

function readErrorMessage(read: () => unknown): string {
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
    // Each kind of variant, then the other keys.
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
    expect(readCanonicalForm(expected)).toEqual(fill(parse(text)))
  })

  it('is the same for the object form', () => {
    const object = { q: 60, w: 640, h: 360, c: 'pad', b: 'white' }
    expect(check(object)).toEqual(parse('q_60,w_640,h_360,c_pad,b_white'))
    expect(check({ t: true, tt: 1.5 })).toEqual(parse('t_true,tt_1.5'))
  })

  it('can be parsed again for seconds with floating-point noise', () => {
    for (const so of [0.1 + 0.2, 1e-19, 50_000.00000000001, 86_399.999]) {
      const named = writeCanonicalForm(fill(check({ so })))
      expect(readCanonicalForm(named)).toMatchObject({ startSeconds: Math.round(so * 1000) / 1000 })
    }
    expect(readErrorMessage(() => check({ so: 0.3, eo: 0.1 + 0.2 }))).toContain('eo')
  })
})

describe('an invalid transformation is rejected with a message that names the cause', () => {
  it.each([
    ['w_0', 'w must be an integer from 2 to 7680 (got "0").'],
    ['w_1', 'w must be an integer from 2 to 7680 (got "1").'],
    ['w_7681', 'w must be an integer from 2 to 7680 (got "7681").'],
    ['w_99999', 'w must be an integer from 2 to 7680 (got "99999").'],
    ['w_640.5', 'w must be an integer from 2 to 7680 (got "640.5").'],
    ['w_-640', 'w must be an integer from 2 to 7680 (got "-640").'],
    ['w_+640', 'w must be an integer from 2 to 7680 (got "+640").'],
    ['w_0640', 'w must be an integer from 2 to 7680 (got "0640").'],
    ['w_6e2', 'w must be an integer from 2 to 7680 (got "6e2").'],
    ['w_0x280', 'w must be an integer from 2 to 7680 (got "0x280").'],
    ['w_640px', 'w must be an integer from 2 to 7680 (got "640px").'],
    ['w_ 640', 'w must be an integer from 2 to 7680 (got " 640").'],
    ['w_６４０', 'w must be an integer from 2 to 7680 (got "６４０").'],
    ['w_', 'w must be an integer from 2 to 7680 (got "").'],
    ['w_auto', 'w must be an integer from 2 to 7680 (got "auto").'],
    ['h_0', 'h must be an integer from 2 to 7680 (got "0").'],
    ['q_0', 'q must be an integer from 1 to 100, or auto (got "0").'],
    ['q_101', 'q must be an integer from 1 to 100, or auto (got "101").'],
    ['q_999', 'q must be an integer from 1 to 100, or auto (got "999").'],
    ['q_60.5', 'q must be an integer from 1 to 100, or auto (got "60.5").'],
    ['q_AUTO', 'q must be an integer from 1 to 100, or auto (got "AUTO").'],
    ['c_zoom', 'c must be one of fill, crop, fit, scale, pad (got "zoom").'],
    [
      'g_middle',
      'g must be one of center, north, south, east, west, north_east, north_west, south_east, south_west (got "middle").',
    ],
    [
      'c_pad,w_64,h_64,b_red',
      'b must be six hexadecimal digits, black, white, or blur (the frame itself, enlarged and blurred) (got "red").',
    ],
    [
      'c_pad,w_64,h_64,b_fff',
      'b must be six hexadecimal digits, black, white, or blur (the frame itself, enlarged and blurred) (got "fff").',
    ],
    ['so_-1', 'so must be a number of seconds from 0 to 86400 with up to 3 decimals (got "-1").'],
    ['so_1e1', 'so must be a number of seconds from 0 to 86400 with up to 3 decimals (got "1e1").'],
    ['so_01', 'so must be a number of seconds from 0 to 86400 with up to 3 decimals (got "01").'],
    ['so_.5', 'so must be a number of seconds from 0 to 86400 with up to 3 decimals (got ".5").'],
    ['so_1.', 'so must be a number of seconds from 0 to 86400 with up to 3 decimals (got "1.").'],
    [
      'so_1.2345',
      'so must be a number of seconds from 0 to 86400 with up to 3 decimals (got "1.2345").',
    ],
    [
      'so_86401',
      'so must be a number of seconds from 0 to 86400 with up to 3 decimals (got "86401").',
    ],
    [
      'eo_Infinity',
      'eo must be a number of seconds from 0 to 86400 with up to 3 decimals (got "Infinity").',
    ],
    ['so_5,eo_5', 'eo (5) must be greater than so (5)'],
    ['so_5,eo_4.999', 'eo (4.999) must be greater than so (5)'],
    ['eo_0', 'eo (0) must be greater than so (0)'],
    [
      'f_avi',
      'f must be one of mp4, webm, mov, mkv (video), hls, dash (stream), m4a, mp3, opus, wav (audio), jpg, png, webp (image), gif (preview), json (result of a probe) (got "avi").',
    ],
    [
      'f_MP4',
      'f must be one of mp4, webm, mov, mkv (video), hls, dash (stream), m4a, mp3, opus, wav (audio), jpg, png, webp (image), gif (preview), json (result of a probe) (got "MP4").',
    ],
    ['t_false', 't must be one of true (one frame), best (the best of several frames), sprite'],
    ['t_1', 't must be one of true (one frame), best (the best of several frames), sprite'],
    [
      't_true,tt_x',
      'tt must be a number of seconds from 0 to 86400 with up to 3 decimals (got "x").',
    ],
    ['tt_5', 'tt selects a frame, so it requires t_true or an image format.'],
    ['tt_5,f_webm', 'tt selects a frame, so it requires t_true or an image format.'],
    ['t_true,f_mp4', 't_true makes an image, so f must be one of jpg, png, webp (got "mp4").'],
    ['t_true,so_1', 'so and eo trim a video. For one frame use tt.'],
    ['f_png,eo_4', 'so and eo trim a video. For one frame use tt.'],
    ['c_crop', 'c_crop requires w, h or both.'],
    ['tt_5,t_best', 't_best chooses the time of the frame itself: remove tt.'],
    ['t_best,f_gif', 't_best makes an image, so f must be one of jpg, png, webp (got "gif").'],
    ['t_sprite,f_mp4', 't_sprite makes a sprite, so f must be one of jpg, png, webp (got "mp4").'],
    [
      't_preview,f_webm',
      't_preview makes a preview, so f must be one of webp, gif, mp4 (got "webm").',
    ],
    ['t_wave,f_gif', 't_wave makes a wave, so f must be one of png, webp, jpg (got "gif").'],
    ['f_hls,w_640', 'w cannot be used for a stream (f_hls).'],
    ['f_mp3,w_640', 'w cannot be used for an audio file.'],
    ['f_json,q_60', 'q cannot be used for a probe (f_json).'],
    ['t_sprite,so_1', 'so cannot be used for a storyboard (t_sprite).'],
    ['t_wave,q_60', 'q cannot be used for a waveform (t_wave).'],
    ['f_gif,ac_none', 'ac cannot be used for a preview (t_preview).'],
    ['lad_720', 'lad cannot be used for a video.'],
    ['f_hls,lad_720+720', 'lad must not repeat a size (got "720+720").'],
    [
      'f_hls,lad_100',
      'lad must be 1 to 8 integers from 144 to 4320, in a URL joined by "+" (got "100").',
    ],
    [
      'f_hls,lad_',
      'lad must be 1 to 8 integers from 144 to 4320, in a URL joined by "+" (got "").',
    ],
    ['f_hls,sd_1', 'sd must be an integer from 2 to 10 seconds (got "1").'],
    [
      'f_webm,vc_h264',
      'webm does not accept h264: vc must be one of vp9, av1, or choose another format (f).',
    ],
    [
      'f_hls,vc_vp9',
      'hls does not accept vp9: vc must be one of h264, h265, av1, or choose another format (f).',
    ],
    [
      'f_webm,ac_aac',
      'webm does not accept aac audio: ac must be one of opus, copy, none, or choose another format (f).',
    ],
    [
      'f_mp3,ac_none',
      'mp3 does not accept none audio: ac must be one of mp3, copy, or choose another format (f).',
    ],
    ['vc_divx', 'vc must be one of h264, h265, vp9, av1 (got "divx").'],
    ['sz_500,q_60', 'sz replaces q and br: remove them, or remove sz.'],
    ['sz_500,br_100', 'sz replaces q and br: remove them, or remove sz.'],
    ['fx_0.5', 'fx and fy are the coordinates of one point: give both.'],
    ['fx_0.5,fy_0.5,g_north', 'fx and fy replace g: give either fx and fy, or g.'],
    ['fx_1.1,fy_0', 'fx must be a number from 0 to 1 with up to 3 decimals (got "1.1").'],
    ['ac_copy,sp_2', 'ac_copy leaves the audio unchanged, but sp changes it: remove one of them.'],
    ['ac_copy,ln_23', 'ac_copy leaves the audio unchanged, but ln changes it: remove one of them.'],
    ['t_wave,b_blur', 'b must be six hexadecimal digits, black or white for a waveform'],
    [
      'wm_clip.mp4',
      'wm must be an image that ends in .jpg, .jpeg, .png or .webp (got "clip.mp4").',
    ],
    [
      'wm_logo.gif',
      'wm must be an image that ends in .jpg, .jpeg, .png or .webp (got "logo.gif").',
    ],
    ['wm_a::b.png', 'wm must be a storage path, in a URL with ":" instead of "/" (got "'],
    ['wm_a\\b.png', 'it contains the character "\\" (U+005C) at position 2'],
    ['wm_logo.gif:a\u202eb.png', 'it contains the character U+202E at position 11'],
    ['cat_a.mp4+b\u0000.mp4', 'it contains the character U+0000 at position 2'],
    ['wm_..:b.png', 'wm must be a storage path, in a URL with ":" instead of "/" (got "'],
    ['wm_', 'wm must be a storage path, in a URL with ":" instead of "/" (got "'],
    ['st_a.txt', 'st must be subtitles that end in .srt or .vtt (got "a.txt").'],
    [
      'cat_',
      'cat must be 1 to 10 storage paths, in a URL joined by "+" and with ":" instead of "/" (got "',
    ],
    [
      'cat_a.mp4+',
      'cat must be 1 to 10 storage paths, in a URL joined by "+" and with ":" instead of "/" (got "',
    ],
    [
      `cat_${Array(11).fill('a.mp4').join('+')}`,
      'cat must be 1 to 10 storage paths, in a URL joined by "+" and with ":" instead of "/" (got "',
    ],
    [
      `wm_${Array(9).fill('a'.repeat(110)).join(':')}.png,cat_${Array(9).fill('b'.repeat(200)).join('+')}`,
      'The transformation is longer than 2000 characters. Use shorter paths.',
    ],
    ['r_45', 'r must be one of 90, 180, 270 (got "45").'],
    ['fl_x', 'fl must be one of h, v, hv (got "x").'],
    ['sp_5', 'sp must be a number from 0.25 to 4 with up to 3 decimals (got "5").'],
    ['fps_0', 'fps must be a number from 1 to 120 with up to 3 decimals (got "0").'],
    [
      'n_My',
      'n must be 1 to 32 of the characters a-z, 0-9 and -, the first a letter (got "My", with the character "M" (U+004D) at position 1).',
    ],
    ['n_9', 'the first a letter (got "9").'],
    ['w_640,w_640', 'The key "w" is given twice.'],
    ['w_640,q_60,w_320', 'The key "w" is given twice.'],
    [
      'w_640,x_1',
      '"x" is not a key. The keys are w, h, c, g, fx, fy, b, q, p, vc, br, sz, fps, ac, ab, at, ln, so, eo, cut, sp, cat, r, fl, wm, wg, ws, wo, st, sm, fi, fo, md, lad, sd, f, t, tt, si, sc, wc, n.',
    ],
    ['constructor_1', '"constructor" is not a key'],
    ['', '"" is not a key_value pair such as w_640.'],
    ['w_640,', '"" is not a key_value pair such as w_640.'],
    [',w_640', '"" is not a key_value pair such as w_640.'],
    ['w_640,,q_60', '"" is not a key_value pair such as w_640.'],
    ['w640', '"w640" is not a key_value pair such as w_640.'],
    ['w=640', '"w=640" is not a key_value pair such as w_640.'],
    ['W_640', '"W_640" is not a key_value pair such as w_640.'],
    [' w_640', '" w_640" is not a key_value pair such as w_640.'],
  ])('%s', (text, expected) => {
    expect(readErrorMessage(() => parse(text))).toContain(expected)
  })

  it.each([
    [{ w: '640' }, 'w must be an integer from 2 to 7680 (got "640").'],
    [{ w: null }, 'w must be an integer from 2 to 7680 (got "null").'],
    [{ so: -0.001 }, 'so must be a number of seconds from 0 to 86400'],
    [{ so: 0.0005 }, 'so must be a number of seconds from 0 to 86400'],
    [{ t: false }, 't must be one of true (one frame)'],
    [{ t: true, f: 'mp4' }, 't_true makes an image'],
    [
      { breadth: 640 },
      '"breadth" is not a key. The keys are w (width), h (height), c (resizeMode)',
    ],
    [{ wm: 'a:b.png' }, 'wm must be a storage path'],
    [{ cat: ['a+b.mp4'] }, 'cat must be 1 to 10 storage paths'],
    [{ cat: 'a.mp4' }, 'cat must be 1 to 10 storage paths'],
    [{ cat: [] }, 'cat must be 1 to 10 storage paths'],
    ['w_640', 'expected object'],
    [null, 'expected object'],
  ])('in the object form too: %j', (value, expected) => {
    expect(readErrorMessage(() => check(value))).toContain(expected)
  })
})

describe('a path segment', () => {
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
  ])('is read as a transformation if it looks like one: %s', (segment) =>
    expect(looksLikeTransformation(segment)).toBe(true),
  )
  it.each(['a_b', 'videos', '', ',', 'w640', 'W_640', 'my_w_640', 'clip-w_640', '2024_w'])(
    'is not read as a transformation if it is a plain name: "%s"',
    (segment) => expect(looksLikeTransformation(segment)).toBe(false),
  )
})
