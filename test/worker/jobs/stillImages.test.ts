/** The routes that create jobs accept the same variants of still and animated images. */
import { beforeAll, describe, expect, it } from 'vitest'
import { animatedPng, gif, jpeg, webp } from '../../fixtures/images.ts'
import { API_KEY, api, expectError, expectJson, visit } from '../helpers/requests.ts'
import { countRows } from '../helpers/database.ts'
import { png } from '../helpers/mediaBytes.ts'

const STILLS: Record<string, Uint8Array<ArrayBuffer>> = {
  'still.jpg': jpeg(),
  'still.JPEG': jpeg(),
  'still.png': png(),
  'one-frame.png': animatedPng(1),
  'still.webp': webp(false),
  'still.gif': gif(1),
}
const ANIMATIONS: Record<string, Uint8Array<ArrayBuffer>> = {
  'moving.png': animatedPng(),
  'moving.gif': gif(2),
}
const UNREADABLE: Record<string, Uint8Array<ArrayBuffer>> = { 'moving.webp': webp(true) }
const FILES = { ...STILLS, ...ANIMATIONS, ...UNREADABLE }

const IMAGES = ['t_true', 't_best', 't_true,tt_1', 'f_webp', 'f_jpg', 'f_png,w_64,h_64,c_crop']
const OTHERS = ['w_160', 'f_mp4', 'f_webm', 'f_hls', 'f_mp3', 't_preview', 't_sprite', 't_wave']

/** Requests a variant by each of the routes. */
const ROUTES: Record<string, (name: string, transformation: string) => Promise<Response>> = {
  'POST /queue/jobs': (name, transformation) =>
    api('POST', '/queue/jobs', { filePath: `in/${name}`, transformations: [transformation] }),
  'GET /t': (name, transformation) => api('GET', `/t/${transformation}/in/${name}`),
  'POST /upload': (name, transformation) => {
    const body = new FormData()
    body.append('files', new File([FILES[name]!], name))
    body.append('folder', 'form')
    body.append('transformations', transformation)
    return visit('/upload', { method: 'POST', headers: API_KEY, body })
  },
}

beforeAll(async () => {
  for (const [name, bytes] of Object.entries(FILES)) {
    await expectJson(await api('PUT', `/files/in/${name}`, bytes), 201)
  }
})

async function expectRejection(response: Response, description: string) {
  const message = await expectError(response, 400, 'invalid_request')
  expect(message).toContain(`this file is ${description}`)
  return message
}

describe.each(Object.entries(ROUTES))('%s', (_, request) => {
  it.each(Object.keys(STILLS))('accepts images of %s', async (name) => {
    for (const transformation of IMAGES) {
      const { status } = await request(name, transformation)
      // A stream or a storyboard is a package; these are single files.
      expect([201, 202], transformation).toContain(status)
    }
  })

  it.each(Object.keys(STILLS))('rejects other variants of %s', async (name) => {
    for (const transformation of OTHERS) {
      // A package has an address of its own.
      const file = transformation === 'f_hls' ? '/master.m3u8' : '/sprite.vtt'
      const isPackage = ['f_hls', 't_sprite'].includes(transformation)
      const response = isPackage
        ? await request(name, transformation).then((first) =>
            first.status === 307 ? api('GET', `/t/${transformation}/in/${name}${file}`) : first,
          )
        : await request(name, transformation)
      expect(await expectRejection(response, 'a still image')).toMatch(
        /No [a-z ]+ can be made of it\. Request an image \(t_true, f_jpg, f_png, f_webp\), or send/,
      )
    }
  })

  it.each(Object.keys(ANIMATIONS))('accepts videos, previews and images of %s', async (name) => {
    for (const transformation of ['w_160', 't_true', 't_preview', 'f_mp4']) {
      expect([201, 202]).toContain((await request(name, transformation)).status)
    }
  })

  it('rejects all variants of an animated WebP', async () => {
    for (const transformation of ['w_160', 't_true', 'f_webp', 'f_json']) {
      const response = await request('moving.webp', transformation)
      expect(await expectRejection(response, 'an animated WebP')).toMatch(/ffmpeg cannot read it/)
    }
  })
})

it('a video among the requested images is rejected, and no job is created', async () => {
  const before = await countRows('jobs')
  const transformations = ['t_true,w_61', 'w_61']
  const response = await api('POST', '/queue/jobs', { filePath: 'in/still.png', transformations })
  await expectRejection(response, 'a still image')
  expect(await countRows('jobs')).toBe(before)
})

it('a form with a still image and a video is rejected before a file is stored', async () => {
  const body = new FormData()
  body.append('files', new File([gif(2)], 'first.gif'))
  body.append('files', new File([jpeg()], 'second.jpg'))
  body.append('folder', 'rejected')
  body.append('transformations', 'w_160')
  const response = await visit('/upload', { method: 'POST', headers: API_KEY, body })
  expect(await expectRejection(response, 'a still image')).toMatch(/^files\[1\]: /)
  expect((await api('GET', '/t/rejected/first.gif')).status).toBe(404)
})

it('a still image is probed, an animated WebP is not', async () => {
  const probe = (filePath: string) => api('POST', '/probe', { filePath, waitSeconds: 0 })
  expect((await probe('in/still.jpg')).status).toBe(202)
  await expectRejection(await probe('in/moving.webp'), 'an animated WebP')
})

it('the status of a rejected variant says that there is no job', async () => {
  const response = await api('GET', '/video-status/w_160/in/still.jpg')
  expect((await expectJson<{ status: string }>(response, 404)).status).toBe('not_found')
})

it('AVIF is rejected by its name and by its content', async () => {
  const avif = (brand: string) =>
    Uint8Array.from(`\0\0\0\x1cftyp${brand}\0\0\0\0mif1miaf${'\0'.repeat(600)}`, (character) =>
      character.charCodeAt(0),
    )
  for (const brand of ['avif', 'avis']) {
    for (const name of [`${brand}.avif`, `${brand}.mp4`, `${brand}.png`]) {
      await expectError(await api('PUT', `/files/in/${name}`, avif(brand)), 415, 'content_mismatch')
    }
  }
})

it.each(['missing.jpg', 'missing.png', 'missing.webp', 'missing.gif'])(
  'a missing %s is not found, whatever is requested of it',
  async (name) => {
    for (const transformation of ['w_160', 't_true']) {
      const filePath = `in/${name}`
      const body = { filePath, transformations: [transformation] }
      await expectError(await api('POST', '/queue/jobs', body), 404, 'file_not_found')
      await expectError(await api('GET', `/t/${transformation}/${filePath}`), 404, 'file_not_found')
      await expectError(await api('POST', '/probe', { filePath }), 404, 'file_not_found')
    }
  },
)
