/** Named presets: transformations that are stored under a name. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { visit, api, expectJson, expectError } from '../helpers/requests.ts'
import { putOriginal, createJobs } from '../helpers/jobs.ts'
import { countRows } from '../helpers/database.ts'
import { makeKey } from '../helpers/apiKeys.ts'

function presetPath(name: string, queue = 'default') {
  return `/queues/${queue}/presets/${name}`
}
function put(name: string, body: unknown, queue?: string) {
  return api('PUT', presetPath(name, queue), body)
}
/** Creates a job, deletes it again, and returns the canonical form of its transformation. */
async function canonical(transformation: unknown, queue = 'default') {
  const [job] = await createJobs('clip.mp4', [transformation], { queue })
  await api('DELETE', `/queue/jobs/${job!.id}`)
  return job!.transformation
}

beforeAll(async () => {
  await env.DB.prepare("INSERT INTO queues (name) VALUES ('other')").run()
  await putOriginal('clip.mp4')
  await expectJson(await put('card', 'q_50,w_320'), 200)
  await expectJson(await put('card', { h: 90, w: 160, c: 'pad' }, 'other'), 200)
})

describe('a named preset', () => {
  it('is stored for its queue, with its keys in canonical order, and listed', async () => {
    const { presets } = await expectJson<{ presets: object[] }>(
      await api('GET', '/queues/default/presets'),
      200,
    )
    expect(presets).toEqual([
      {
        name: 'card',
        queue: 'default',
        transformation: 'w_320,q_50',
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
      },
    ])
    const one = await api('GET', presetPath('card', 'other'))
    expect(await expectJson(one, 200)).toMatchObject({ transformation: 'w_160,h_90,c_pad' })
  })

  it('is replaced by its keys in job requests and URLs, and other keys override it', async () => {
    expect(await canonical('n_card')).toBe('w_320,q_50')
    expect(await canonical('n_card', 'other')).toBe('w_160,h_90,c_pad')
    expect(await canonical({ n: 'card', w: 640 })).toBe('w_640,q_50')
    expect(await canonical({ preset: 'card', width: 640 })).toBe('w_640,q_50')
    expect(await canonical('q_60,f_webm,n_card')).toBe('w_320,f_webm')
    for (const url of ['/t/n_card/clip.mp4', '/t/w_320,n_card/clip.mp4']) {
      const response = await expectJson<{ statusUrl: string }>(await visit(url), 202)
      expect(response.statusUrl).toBe('/video-status/w_320,q_50/clip.mp4')
    }
    expect((await visit('/video-status/n_card/clip.mp4')).status).toBe(200)
    expect((await visit('/video-status/n_card/clip.mp4?queue=other')).status).toBe(404)
    expect(await countRows('jobs', "transformation LIKE '%n_card%'")).toBe(0)
  })

  it('that does not exist is rejected with the existing names', async () => {
    const request = { filePath: 'clip.mp4', transformations: ['n_none,w_64'] }
    const response = await api('POST', '/queue/jobs', request)
    expect(await expectError(response, 400, 'invalid_transformation')).toBe(
      'transformations[0]: The queue "default" has no preset "none". It has card.',
    )
    const served = await visit('/t/n_none/clip.mp4')
    expect(await expectError(served, 400, 'invalid_transformation')).toContain('It has card')
  })

  it('that a visitor, or a key that is restricted to another queue, may not list is not named in errors', async () => {
    await expectJson(await put('secret-name', 'w_98', 'other'), 200)
    const key = await makeKey({ scopes: ['jobs:read', 'jobs:write'], queue: 'default' })
    const message = (queue: string, name: string) =>
      `n_${name}: The queue "${queue}" has no preset "${name}".`
    for (const path of ['/t/n_none/clip.mp4', '/video-status/n_none/clip.mp4']) {
      for (const queue of ['other', 'unknown']) {
        for (const response of [
          await visit(`${path}?queue=${queue}`),
          await key.call('GET', `${path}?queue=${queue}`),
        ]) {
          expect(await expectError(response, 400, 'invalid_transformation')).toBe(
            message(queue, 'none'),
          )
        }
      }
      const own = await key.call('GET', path)
      expect(await expectError(own, 400, 'invalid_transformation')).toContain('It has card')
    }
    // A visitor can use a preset whose name it knows. A key that is restricted to another queue
    // cannot.
    expect((await visit('/t/n_secret-name/clip.mp4?queue=other')).status).toBe(202)
    for (const path of [
      '/t/n_secret-name',
      '/video-status/n_secret-name',
      '/t/n_secret-name,f_mp3',
    ]) {
      const response = await key.call('GET', `${path}/clip.mp4?queue=other`)
      const error = await expectError(response, 400, 'invalid_transformation')
      expect(error).toContain('The queue "other" has no preset "secret-name".')
      expect(error).not.toContain('It has')
    }
    await expectJson(await api('DELETE', presetPath('secret-name', 'other')), 200)
  })

  it('is rejected together with incompatible keys', async () => {
    const response = await visit('/t/n_card,f_mp3/clip.mp4')
    expect(await expectError(response, 400, 'invalid_transformation')).toContain(
      'w cannot be used for an audio file.',
    )
  })

  it.each([
    ['n_card', 'n: A preset cannot name another preset.'],
    ['w_0', 'w must be an integer from 2 to 7680 (got "0").'],
    ['w_640,x_1', '"x" is not a key'],
    [{}, 'A preset needs at least one key'],
  ])('cannot be %j', async (body, message) => {
    const response = await put('bad', body)
    expect(await expectError(response, 400, 'invalid_transformation')).toContain(message)
    expect(await countRows('named_presets', "name = 'bad'")).toBe(0)
  })

  it('is shown with short names when it was written with long ones', async () => {
    const written = { width: 160, height: 90, resizeMode: 'pad' }
    const stored = await expectJson<{ preset: object }>(await put('long', written), 200)
    expect(stored).toMatchObject({ transformation: 'w_160,h_90,c_pad' })
    expect(await canonical('n_long')).toBe('w_160,h_90,c_pad')
    await expectJson(await api('DELETE', presetPath('long')), 200)
  })

  it('is replaced and deleted by name', async () => {
    await expectJson(await put('brief', 'w_100'), 200)
    await expectJson(await put('brief', 'w_200'), 200)
    expect(await canonical('n_brief')).toBe('w_200')
    await expectJson(await api('DELETE', presetPath('brief')), 200)
    await expectError(await api('DELETE', presetPath('brief')), 404, 'preset_not_found')
    await expectError(await api('GET', presetPath('brief')), 404, 'preset_not_found')
    await expectError(await put('brief', 'w_1_0', 'none'), 404, 'queue_not_found')
  })

  it('cannot be added to a queue that has 100, but one of those can be changed', async () => {
    await env.DB.prepare("INSERT INTO queues (name) VALUES ('full')").run()
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
       INSERT INTO named_presets SELECT 'full', 'p' || i, 'w_640', 1, 1 FROM n`,
    ).run()
    await expectError(await put('more', 'w_640', 'full'), 400, 'invalid_request')
    await expectJson(await put('p7', 'w_320', 'full'), 200)
    expect(await countRows('named_presets', "queue = 'full'")).toBe(100)
  })

  it('of another queue is hidden from a key that is restricted to a queue', async () => {
    const key = await makeKey({ scopes: ['jobs:read', 'jobs:write'], queue: 'other' })
    await expectError(await key.call('GET', '/queues/default/presets'), 404, 'queue_not_found')
    await expectError(await key.call('PUT', presetPath('card', 'other'), 'w_64'), 403, 'forbidden')
    const own = await key.call('GET', '/queues/other/presets')
    expect(await expectJson(own, 200)).toMatchObject({ presets: [{ name: 'card' }] })
    const served = await key.call('GET', '/t/n_card/clip.mp4')
    expect((await expectJson<{ statusUrl: string }>(served, 202)).statusUrl).toContain('w_160,h_90')
  })
})
