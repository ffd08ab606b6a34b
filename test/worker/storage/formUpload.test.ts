import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { API_KEY, visit, visitWith, expectJson, type ErrorBody } from '../helpers/requests.ts'
import { type CreatedJob } from '../helpers/jobs.ts'
import { jobRow, countRows } from '../helpers/database.ts'
import { makeKey } from '../helpers/apiKeys.ts'
import { mp4 } from '../helpers/mediaBytes.ts'
import { animatedPng } from '../../fixtures/images.ts'

type Fields = Record<string, string | Blob | (string | Blob)[]>
interface Uploaded {
  files: { filePath: string; size: number; contentType: string; jobs: CreatedJob[] }[]
}

function upload(fields: Fields, headers: Record<string, string> = API_KEY) {
  const body = new FormData()
  for (const [name, values] of Object.entries(fields)) {
    for (const value of [values].flat()) {
      if (typeof value === 'string') {
        body.append(name, value)
      } else {
        body.append(name, value)
      }
    }
  }
  return visit('/upload', { method: 'POST', headers, body })
}
function clip(name = 'clip.mp4', filling = name) {
  return new File([mp4(filling)], name)
}
async function keys(prefix: string) {
  return (await env.ORIGINALS.list({ prefix })).objects.map((object) => object.key)
}

describe('a form upload', () => {
  it('stores one file under its own name', async () => {
    const { files } = await expectJson<Uploaded>(await upload({ files: clip('own.mp4') }), 201)
    expect(files).toEqual([
      {
        filePath: 'own.mp4',
        size: mp4('own.mp4').length,
        etag: expect.any(String),
        contentType: 'video/mp4',
        jobs: [],
      },
    ])
    const object = await env.ORIGINALS.get('own.mp4')
    expect(new Uint8Array(await object!.arrayBuffer())).toEqual(mp4('own.mp4'))
    expect(await countRows('jobs')).toBe(0)
  })

  it('stores files in a folder under the given names, and queues variants of each', async () => {
    const response = await upload({
      files: [clip('1.mp4'), new File([animatedPng()], '2.png')],
      folder: 'form/in',
      names: ['first.mp4', 'deep/second.png'],
      transformations: ['w_640', 't_true,w_64'],
    })
    const { files } = await expectJson<Uploaded>(response, 201)
    expect(files.map((file) => file.filePath)).toEqual([
      'form/in/first.mp4',
      'form/in/deep/second.png',
    ])
    expect(await keys('form/')).toEqual(['form/in/deep/second.png', 'form/in/first.mp4'])
    for (const { filePath, jobs } of files) {
      expect(jobs.map((job) => job.transformation)).toEqual(['w_640', 'w_64,t_true'])
      for (const job of jobs) {
        expect(await jobRow(job.id)).toMatchObject({ file_path: filePath, status: 'pending' })
      }
    }
  })

  it('accepts a folder with a trailing slash', async () => {
    await expectJson(await upload({ files: clip(), folder: 'form/slash/' }), 201)
    expect(await keys('form/slash')).toEqual(['form/slash/clip.mp4'])
  })
})

describe('an invalid form is rejected, and none of its files is stored:', () => {
  const folder = 'bad'
  const cases: [string, number, Fields][] = [
    ['no file', 400, { folder }],
    ['text instead of a file', 400, { folder, files: 'clip.mp4' }],
    [
      'a second file whose content does not match',
      415,
      { files: [clip(), new File(['text'], 'b.mp4')], folder },
    ],
    ['an empty file', 415, { files: [clip(), new File([], 'b.mp4')], folder }],
    ['an unknown extension', 415, { files: [clip(), clip('b.exe')], folder }],
    ['a folder with ..', 400, { files: clip(), folder: 'bad/../..' }],
    ['an absolute folder', 400, { files: clip(), folder: '/bad' }],
    ['a name with ..', 400, { files: [clip(), clip()], names: ['a.mp4', '../b.mp4'], folder }],
    ['too few names', 400, { files: [clip(), clip('b.mp4')], names: 'a.mp4', folder }],
    ['a duplicate name', 400, { files: [clip(), clip()], folder }],
    [
      'an invalid transformation',
      400,
      { files: clip(), transformations: ['w_640', 'w_0'], folder },
    ],
    [
      'too many files',
      400,
      { files: Array.from({ length: 21 }, (_, n) => clip(`${n}.mp4`)), folder },
    ],
    [
      '51 transformations',
      400,
      {
        files: clip(),
        transformations: Array.from({ length: 51 }, (_, n) => `w_${n + 10}`),
        folder,
      },
    ],
  ]
  it.each(cases)('%s returns %i', async (_name, status, fields) => {
    const jobs = await countRows('jobs')
    const answer = await expectJson<ErrorBody>(await upload(fields), status)
    expect(answer.code).toMatch(/^(invalid_(request|path|transformation)|content_mismatch)$/)
    expect(await keys('bad')).toEqual([])
    expect(await countRows('jobs')).toBe(jobs)
  })

  it('a form over 32 MiB returns 413 with the route for larger files', async () => {
    const large = new File([mp4(), new Uint8Array(33 * 1024 * 1024)], 'large.mp4')
    const answer = await expectJson<ErrorBody>(await upload({ files: large, folder }), 413)
    expect(answer).toMatchObject({ code: 'too_large' })
    expect(answer.message).toContain('PUT /files/')
    expect(await keys('bad')).toEqual([])
  })

  it('JSON instead of a form returns 400 with the expected content type', async () => {
    const response = await visit('/upload', {
      method: 'POST',
      headers: { ...API_KEY, 'Content-Type': 'application/json' },
      body: '{}',
    })
    expect((await expectJson<ErrorBody>(response, 400)).message).toContain('multipart/form-data')
  })
})

describe('a form that is rejected halfway', () => {
  interface PartialUpload extends ErrorBody {
    files: { filePath: string; jobs: { id: string }[] }[]
  }
  async function listed(response: Response, status: number) {
    const body = await expectJson<PartialUpload>(response, status)
    return { ...body, stored: body.files.map(({ filePath, jobs }) => [filePath, jobs.length]) }
  }

  it('says which files are stored, and which of them have jobs', async () => {
    const key = await makeKey({ maxQueuedJobs: 1 })
    const names = ['one.mp4', 'two.mp4', 'three.mp4']
    const fields = {
      files: names.map((name) => clip(name)),
      folder: 'half',
      transformations: 'w_640',
    }
    const { code, message, stored } = await listed(await upload(fields, key.headers), 429)
    expect(code).toBe('cap_reached')
    expect(stored).toEqual([
      ['half/one.mp4', 1],
      ['half/two.mp4', 0],
    ])
    expect(message).toContain('files[1] is stored, without jobs: ')
    expect(message).toContain('Stored: 2 of 3 files')
    expect(await keys('half')).toEqual(['half/one.mp4', 'half/two.mp4'])
  })

  it('says that nothing is stored if a check fails', async () => {
    const bad = { files: [clip('one.mp4'), new File(['text'], 'two.mp4')], folder: 'none' }
    expect((await listed(await upload(bad), 415)).stored).toEqual([])
    expect(await keys('none')).toEqual([])
  })

  it('says which files are stored when the bucket fails', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const form = new FormData()
    for (const name of ['one.mp4', 'two.mp4']) {
      form.append('files', clip(name))
    }
    form.append('folder', 'outage')
    const failing = new Proxy(env.ORIGINALS, {
      get(bucket, name) {
        if (name === 'put') {
          return (key: string, ...rest: [ReadableStream]) => {
            if (key.endsWith('two.mp4')) {
              throw new Error('the bucket is down')
            }
            return bucket.put(key, ...rest)
          }
        }
        const value = Reflect.get(bucket, name) as unknown
        return typeof value === 'function' ? value.bind(bucket) : value
      },
    })
    const init = { method: 'POST', headers: API_KEY, body: form }
    const response = await visitWith({ ORIGINALS: failing }, '/upload', init)
    const { code, message, requestId, stored } = await listed(response, 500)
    expect(code).toBe('internal')
    expect(stored).toEqual([['outage/one.mp4', 0]])
    expect(message).toContain('Stored: 1 of 2 files')
    const lines = logged.mock.calls.map(([line]) => JSON.parse(String(line)) as object)
    logged.mockRestore()
    expect(lines).toContainEqual(expect.objectContaining({ event: 'request_failed', requestId }))
  })
})
