/** Every route that stores a file accepts and rejects the same extensions. */
import { describe, expect, it } from 'vitest'
import { EXTENSIONS, formatContentType } from '../../../src/contract/fileTypes.ts'
import { API_KEY, api, expectJson, visit, type ErrorBody } from '../helpers/requests.ts'
import { mp4 } from '../helpers/mediaBytes.ts'

/** Common video, audio and image types that are not stored, and types that must not be. */
const REJECTED = `aif aiff amr ac3 caf ape mid bmp tif tiff heic heif avif jxl ico svg psd
  vob rm mxf m3u8 mpd json html exe`.split(/\s+/)

/** Sends a request to store a file to each route. The content matches no extension. */
const ROUTES: Record<string, (path: string) => Promise<Response>> = {
  'PUT /files': (path) => api('PUT', `/files/${path}`, new TextEncoder().encode('no media')),
  'POST /upload': (path) => {
    const body = new FormData()
    body.append('files', new File(['no media'], path))
    return visit('/upload', { method: 'POST', headers: API_KEY, body })
  },
  'POST /uploads': (filePath) => api('POST', '/uploads', { filePath }),
  'POST /signed-urls': (path) => api('POST', '/signed-urls', { method: 'PUT', path }),
}

function nameOf(extension: string) {
  return `names/file${extension && `.${extension}`}`
}
async function isNameRejected(response: Response): Promise<boolean> {
  const body = await response.json<Partial<ErrorBody>>()
  const isRejected = /^(files\[0\]: )?The name .* must end in one of /.test(body.message ?? '')
  if (isRejected) {
    expect([response.status, body.code]).toEqual([415, 'content_mismatch'])
  }
  return isRejected
}

describe.each(Object.entries(ROUTES))('%s', (_name, send) => {
  it('accepts the name of every type that can be stored, in lower and upper case', async () => {
    for (const extension of EXTENSIONS) {
      for (const written of [extension, extension.toUpperCase()]) {
        expect(await isNameRejected(await send(nameOf(written))), written).toBe(false)
      }
    }
  })

  it('rejects the names of types that cannot be stored', async () => {
    for (const extension of REJECTED) {
      expect(await isNameRejected(await send(nameOf(extension))), extension).toBe(true)
    }
  })
})

function bytes(...values: number[]) {
  const content = new Uint8Array(600)
  content.set(values)
  return content
}
/** Packets of MPEG-TS, with or without the 4 bytes of time that precede each in m2ts. */
function packets(size: 188 | 192) {
  const content = new Uint8Array(size * 3)
  for (let at = size - 188; at < content.length; at += size) {
    content[at] = 0x47
  }
  return content
}
/** The header of an ASF file, with the properties of one stream of this type (GUIDs in hex). */
function asf(streamType: string) {
  const header = `3026b2758e66cf11a6d900aa0062ce6c${'6c'.padEnd(16, '0')}010000000102`
  const properties = `9107dcb7b7a9cf118ee600c00c205365${'4e'.padEnd(16, '0')}${streamType}`
  return bytes(...(header + properties).match(/../g)!.map((hex) => Number.parseInt(hex, 16)))
}
const CONTENT: [string, Uint8Array][] = [
  ['ts', packets(188)],
  ['mts', packets(192)],
  ['mts', packets(188)],
  ['m2ts', packets(192)],
  ['aac', bytes(0xff, 0xf1, 0x50, 0x80, 0x02, 0x1f, 0xfc)],
  ['wmv', asf('c0ef19bc4d5bcf11a8fd00805f5c442b')],
  ['asf', asf('c0ef19bc4d5bcf11a8fd00805f5c442b')],
  ['wma', asf('409e69f84d5bcf11a8fd00805f5c442b')],
  ['3g2', mp4()],
  ['f4v', mp4()],
  ['m4b', mp4()],
]
it.each(CONTENT)('a .%s file is stored and served with its content type', async (type, content) => {
  const path = `content/file.${type}`
  await expectJson(await api('PUT', `/files/${path}`, content), 201)
  const served = await visit(`/t/${path}`)
  expect(served.headers.get('Content-Type')).toBe(formatContentType(type))
  expect(served.headers.get('Content-Type')).toMatch(/^(video|audio)\//)
  const other = type === 'aac' ? 'mp4' : 'aac'
  expect((await api('PUT', `/files/content/file.${other}`, content)).status).toBe(415)
})
