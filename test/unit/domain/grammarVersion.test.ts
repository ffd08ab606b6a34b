/** Changing a default requires a new grammar version, and must not change stored names. */
import { describe, expect, it } from 'vitest'
import {
  changedFields,
  GRAMMAR_VERSIONS,
  type GrammarDefaults,
  NAME_DEFAULTS,
  REQUEST_DEFAULTS,
} from '../../../src/contract/defaults.ts'
import { CONTAINERS } from '../../../src/contract/codecs.ts'
import { FORMATS_BY_KIND } from '../../../src/contract/formats.ts'
import type { Kind } from '../../../src/contract/rendition.ts'
import {
  readCanonicalForm,
  writeCanonicalForm,
  writeRequestForm,
} from '../../../src/domain/transformation/canonicalForm.ts'
import { parseTransformation } from '../../../src/domain/transformation/parse.ts'
import { toRendition } from '../../../src/domain/transformation/rendition.ts'

/**
 * The defaults of every grammar version. Existing entries never change; a new key adds an entry to
 * each version. To change a default, append a version in src/contract/defaults.ts, and a copy of
 * it here.
 */
const RELEASED = [
  {
    fields: {
      width: null,
      height: null,
      resizeMode: 'fill',
      gravity: 'center',
      focusX: null,
      focusY: null,
      background: '000000',
      quality: 60,
      encoderSpeed: 'balanced',
      videoKbps: null,
      sizeKilobytes: null,
      frameRate: null,
      audioKbps: 128,
      audioTrack: 1,
      loudness: null,
      startSeconds: 0,
      endSeconds: null,
      trimMode: 'exact',
      speed: 1,
      append: [],
      rotate: 0,
      flip: 'none',
      watermark: null,
      watermarkGravity: 'south_east',
      watermarkSize: 15,
      watermarkOpacity: 100,
      subtitles: null,
      subtitleMode: 'track',
      fadeInSeconds: 0,
      fadeOutSeconds: 0,
      metadata: 'strip',
      ladder: [],
      segmentSeconds: 4,
      atSeconds: 0,
      intervalSeconds: null,
      columns: 10,
      waveformColor: 'ffffff',
    },
    formats: {
      video: 'mp4',
      stream: 'hls',
      audio: 'm4a',
      image: 'jpg',
      preview: 'webp',
      sprite: 'jpg',
      wave: 'png',
      probe: 'json',
    },
    videoCodecs: { mp4: 'h264', mov: 'h264', mkv: 'h264', webm: 'vp9', hls: 'h264' },
    audioCodecs: {
      mp4: 'aac',
      mov: 'aac',
      mkv: 'aac',
      webm: 'opus',
      hls: 'aac',
      m4a: 'aac',
      mp3: 'mp3',
      opus: 'opus',
      wav: 'pcm',
    },
  },
]

describe('the defaults', () => {
  it('of each released version have not changed', () => {
    expect(GRAMMAR_VERSIONS).toEqual(RELEASED)
  })

  it('of names are those of version 1, and of requests those of the newest version', () => {
    expect(NAME_DEFAULTS).toBe(GRAMMAR_VERSIONS[0])
    expect(REQUEST_DEFAULTS).toBe(GRAMMAR_VERSIONS.at(-1))
  })

  it.each(GRAMMAR_VERSIONS)(
    'of every version agree with the tables of formats and codecs',
    (defaults) => {
      for (const [kind, format] of Object.entries(defaults.formats)) {
        expect(FORMATS_BY_KIND[kind as Kind]).toContain(format)
      }
      for (const [container, { video, audio }] of Object.entries(CONTAINERS)) {
        const name = container as keyof typeof CONTAINERS
        expect(audio).toContain(defaults.audioCodecs[name])
        expect(defaults.videoCodecs[name] !== undefined).toBe(video.length > 0)
        expect([...video, undefined]).toContain(defaults.videoCodecs[name])
      }
    },
  )
})

describe('a later version with other defaults', () => {
  const { fields, formats, videoCodecs } = NAME_DEFAULTS
  const later: GrammarDefaults = {
    ...NAME_DEFAULTS,
    fields: { ...fields, quality: 70, gravity: 'north', endSeconds: 600 },
    formats: { ...formats, image: 'webp', video: 'webm' },
    videoCodecs: { ...videoCodecs, mp4: 'av1' },
  }
  const request = (text: string) => toRendition(parseTransformation(text, later), later)

  it.each([
    ['w_640', 'w_640,q_70,eo_600,f_webm'],
    ['w_640,q_60,eo_10,f_mp4', 'w_640,vc_av1,eo_10'],
    ['t_true', 'q_70,f_webp,t_true'],
    ['t_true,f_jpg', 'q_70,t_true'],
    ['w_64,h_64,f_jpg', 'w_64,h_64,g_north,q_70,t_true'],
  ])('gives a request for %s the name %s', (text, name) => {
    expect(writeCanonicalForm(request(text))).toBe(name)
    expect(readCanonicalForm(name)).toEqual(request(text))
  })

  it.each(['w_640', 'f_mp4', 'w_640,h_64', 't_true', 'f_webp,t_true', 'f_webm', 'f_hls,w_640'])(
    'does not change how the name %s is read',
    (name) => {
      const stored = () => readCanonicalForm(name)
      if (name === 'f_hls,w_640') {
        expect(stored).toThrow('w')
        return
      }
      expect(writeCanonicalForm(stored())).toBe(name)
      expect(stored()).not.toMatchObject({ quality: 70 })
    },
  )

  it.each([
    ['w_640', 'w_640,q_60,vc_h264,f_mp4'],
    ['w_64,h_64', 'w_64,h_64,g_center,q_60,vc_h264,f_mp4'],
    ['t_true', 'q_60,f_jpg,t_true'],
    ['f_wav', 'f_wav'],
  ])('writes the request for the stored variant %s as %s', (name, text) => {
    expect(writeRequestForm(name, later)).toBe(text)
    // A request cannot set `endSeconds` to null, so the default of that field is not changed here.
    const withoutEnd = { ...later, fields: { ...later.fields, endSeconds: null } }
    const reached = toRendition(parseTransformation(text, withoutEnd), withoutEnd)
    expect(writeCanonicalForm(reached)).toBe(name)
  })

  it('does not exist yet, so the request for a stored variant equals its name', () => {
    expect(writeRequestForm('w_640')).toBe('w_640')
  })
})

describe('the fields that differ from their defaults', () => {
  it.each([
    ['f_mp4', []],
    ['f_webm', []],
    ['f_hls', []],
    ['w_640,so_1,eo_2', ['width', 'startSeconds', 'endSeconds']],
    ['f_webm,vc_av1', ['videoCodec']],
    ['ac_none', ['audioCodec']],
    ['cat_a.mp4', ['append']],
    ['t_best', ['pick']],
    ['t_wave,wc_ff0000', ['waveformColor']],
  ])('of %s are %j', (name, fields) => {
    expect([...changedFields(readCanonicalForm(name))].sort()).toEqual([...fields].sort())
  })

  it('include a field that has no default', () => {
    const rendition = Object.assign(readCanonicalForm('f_mp4'), { sharpen: 5 })
    expect([...changedFields(rendition)]).toEqual(['sharpen'])
  })
})
