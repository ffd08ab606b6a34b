/** Every route that stores or processes a file accepts and rejects the same extensions. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import {
  EXTENSIONS,
  formatContentType,
  listExtensions,
  listWatermarkExtensions,
} from '../../../src/contract/fileTypes.ts'
import { putOriginal } from '../helpers/jobs.ts'
import { API_KEY, api, expectJson, visit, type ErrorBody } from '../helpers/requests.ts'
import { mp4 } from '../helpers/mediaBytes.ts'

/** Common video, audio and image types that are not stored, and types that must not be. */
const REJECTED = `aif aiff amr ac3 eac3 dts caf ape mid wv bmp tif tiff heic heif avif jxl jp2 ico
  svg psd dng vob rm mxf dv m2v y4m ass m3u8 mpd m4s json html exe`.split(/\s+/)
/** No extension, and one that is not the last. */
const UNNAMED = ['doors/file', 'doors/file.mp4.bak', 'doors/.mp4/file', 'doors/file.']

async function requestJob(filePath: string, transformation: string) {
  return api('POST', '/queue/jobs', { filePath, transformations: [transformation] })
}

/**
 * Sends a request to each route, to store a file or to use one that is in the bucket. The content
 * matches no extension.
 */
const ROUTES: Record<string, (path: string) => Promise<Response>> = {
  'PUT /files': (path) => api('PUT', `/files/${path}`, new TextEncoder().encode('no media')),
  'POST /upload': (path) => {
    const body = new FormData()
    body.append('files', new File(['no media'], path))
    return visit('/upload', { method: 'POST', headers: API_KEY, body })
  },
  'POST /uploads': (filePath) => api('POST', '/uploads', { filePath }),
  'POST /signed-urls': (path) => api('POST', '/signed-urls', { method: 'PUT', path }),
  'POST /queue/jobs': async (path) => {
    await putOriginal(path)
    return requestJob(path, 'w_640')
  },
  'GET /t with a transformation': async (path) => {
    await putOriginal(path)
    return api('GET', `/t/w_640/${path}`)
  },
  'POST /probe': async (path) => {
    await putOriginal(path)
    return api('POST', '/probe', { filePath: path, waitSeconds: 0 })
  },
  'an appended file': async (path) => {
    await Promise.all([putOriginal(path), putOriginal('doors/source.mp4')])
    return requestJob('doors/source.mp4', `cat_${path.replaceAll('/', ':')}`)
  },
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
    const written = EXTENSIONS.flatMap((extension) => [extension, extension.toUpperCase()])
    await Promise.all(
      written.map(async (extension) =>
        expect(await isNameRejected(await send(nameOf(extension))), extension).toBe(false),
      ),
    )
  })

  it('rejects the names of types that cannot be stored', async () => {
    await Promise.all(
      [...REJECTED.map(nameOf), ...UNNAMED].map(async (path) =>
        expect(await isNameRejected(await send(path)), path).toBe(true),
      ),
    )
  })
})

it.each([
  ['wm', listWatermarkExtensions()],
  ['st', listExtensions('subtitles')],
])('%s accepts exactly the reference files that a runner can open', async (key, accepted) => {
  await putOriginal('doors/source.mp4')
  for (const extension of [...EXTENSIONS, ...REJECTED]) {
    await putOriginal(nameOf(extension))
    const value = nameOf(extension).replaceAll('/', ':')
    const { status } = await requestJob('doors/source.mp4', `${key}_${value}`)
    expect(status, extension).toBe((accepted as string[]).includes(extension) ? 202 : 400)
  }
})

it('a file of another type in the bucket is an octet stream, and has no job', async () => {
  for (const path of [...REJECTED.map((extension) => `other/file.${extension}`), 'other/file']) {
    await env.ORIGINALS.put(path, 'bytes')
    const served = await visit(`/t/${path}`)
    expect((await served.arrayBuffer()).byteLength).toBe('bytes'.length)
    expect(served.headers.get('Content-Type'), path).toBe('application/octet-stream')
    expect((await visit(`/video-status/${path}`)).status).toBe(404)
  }
  const { files } = await expectJson<{ files: { contentType: string }[] }>(
    await api('GET', '/files?prefix=other/'),
    200,
  )
  expect(new Set(files.map(({ contentType }) => contentType))).toEqual(
    new Set(['application/octet-stream']),
  )
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
