/** Consistency of the tables of the contract: codecs, formats, file types and limits. */
import { describe, expect, it } from 'vitest'
import {
  CONTAINERS,
  containerCodecs,
  PROBED_AUDIO_CODECS,
  PROBED_VIDEO_CODECS,
} from '../../../src/contract/codecs.ts'
import {
  EXTENSIONS,
  findFamily,
  findFileType,
  formatContentType,
  listExtensions,
  OCTET_STREAM,
  readExtension,
} from '../../../src/contract/fileTypes.ts'
import { FORMATS, FORMATS_BY_KIND, VIDEO_FORMATS } from '../../../src/contract/formats.ts'
import { PRIORITY, QUEUE_LIMITS } from '../../../src/contract/limits.ts'
import { RENDITIONS } from '../../../src/contract/rendition.ts'

describe('codecs', () => {
  it.each(VIDEO_FORMATS)(
    '%s accepts a video codec, and its first audio codec is one that can be encoded',
    (format) => {
      expect(CONTAINERS[format].video).not.toHaveLength(0)
      expect(CONTAINERS[format].audio[0]).not.toMatch(/^(copy|none)$/)
    },
  )

  it.each(Object.entries(CONTAINERS).filter(([, { audio }]) => audio.includes('copy')))(
    '%s accepts copies of each audio codec that can be encoded into it',
    (_, { audio, copiedAudio }) => {
      const encoded = audio.filter((codec) => codec !== 'copy' && codec !== 'none')
      const probed: string[] = encoded.map((codec) => PROBED_AUDIO_CODECS[codec])
      expect(copiedAudio ?? probed).toEqual(expect.arrayContaining(probed))
    },
  )

  it('have distinct names in the output of ffprobe', () => {
    const names = [...Object.values(PROBED_VIDEO_CODECS), ...Object.values(PROBED_AUDIO_CODECS)]
    expect(new Set(names).size).toBe(names.length)
  })

  it('are null for images, previews, probes and unknown formats', () => {
    expect(['jpg', 'gif', 'json', 'toString'].map(containerCodecs)).toEqual([
      null,
      null,
      null,
      null,
    ])
  })
})

describe('formats', () => {
  it('of all kinds together are all formats', () => {
    expect(new Set(Object.values(FORMATS_BY_KIND).flat())).toEqual(new Set(FORMATS))
  })

  it('are listed for every kind of rendition', () => {
    expect(Object.keys(FORMATS_BY_KIND).sort()).toEqual(Object.keys(RENDITIONS).sort())
  })

  it.each(FORMATS.filter((format) => format !== 'hls' && format !== 'dash'))(
    '%s has a content type',
    (format) => {
      expect(formatContentType(format)).not.toBe(OCTET_STREAM)
    },
  )
})

describe('file types', () => {
  it.each(EXTENSIONS)('.%s has a content type that fits its role', (extension) => {
    const type = findFileType(`folder/name.${extension.toUpperCase()}`)!
    const prefix = type.role === 'subtitles' ? /^(text|application)\// : `${type.role}/`
    expect(type.contentType).toMatch(prefix)
    expect(readExtension(`name.${extension}`)).toBe(extension)
  })

  it('of playlists, segments and JSON cannot be stored, nor can unknown ones', () => {
    const names = ['master.m3u8', 'manifest.mpd', 'v144.m4s', 'probe.json', 'x.constructor', 'none']
    expect(names.map(readExtension)).toEqual(names.map(() => null))
    expect(findFileType('x.constructor')).toBeNull()
  })

  it.each([
    ['m4b', 'mp4'],
    ['m2ts', 'ts'],
    ['ogx', 'opus'],
    ['webm', 'mkv'],
    ['jpeg', 'jpg'],
  ])('.%s is in the family of .%s', (detected, extension) => {
    expect(findFamily(detected)).toBe(findFamily(extension))
  })

  it('with an unknown extension form a family of their own', () => {
    expect(findFamily('exe')).toBe('exe')
  })

  it('force a demuxer for all subtitles, and otherwise only for images', () => {
    const forced = EXTENSIONS.filter((extension) => findFileType(`.${extension}`)!.demuxer !== null)
    expect(forced).toEqual(expect.arrayContaining(listExtensions('subtitles')))
    const expectedExtensions = [...listExtensions('subtitles'), ...listExtensions('image')]
    expect(expectedExtensions).toEqual(expect.arrayContaining(forced))
  })
})

describe('limits', () => {
  it.each(Object.entries({ ...QUEUE_LIMITS, priority: PRIORITY }))(
    'the default of %s is within its bounds',
    (_, limit) => {
      expect(limit.default).toBeGreaterThanOrEqual(limit.min)
      expect(limit.default).toBeLessThanOrEqual(limit.max)
    },
  )
})
