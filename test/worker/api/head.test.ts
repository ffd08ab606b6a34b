/** HEAD requests have no effect: they create no job and open no event stream. */
import { beforeAll, expect, it } from 'vitest'
import { visit } from '../helpers/requests.ts'
import { createOne, putOriginal } from '../helpers/jobs.ts'
import { claimAsRunner } from '../helpers/fakeRunner.ts'
import { countRows } from '../helpers/database.ts'
import { socketCount } from '../helpers/eventStream.ts'

function head(path: string) {
  return visit(path, { method: 'HEAD' })
}
beforeAll(() => putOriginal('head/clip.mp4'))

it.each(['w_640', 't_true', 't_sprite', 'f_hls'])(
  'HEAD for the variant %s that does not exist returns 404 and creates no job',
  async (transformation) => {
    // A request for a package is redirected to its main file, which does not exist either.
    const response = await head(`/t/${transformation}/head/clip.mp4`)
    expect(response.status).toBe(404)
    expect(await countRows('jobs')).toBe(0)
    expect(await countRows('events')).toBe(0)
  },
)

it('HEAD for a variant returns 202 while its job waits, and 200 with the size when it is ready', async () => {
  await createOne('head/made.mp4')
  expect((await head('/t/w_640/head/made.mp4')).status).toBe(202)
  await (await claimAsRunner()).completeWith('0123456789')
  const ready = await head('/t/w_640/head/made.mp4')
  expect(ready.status).toBe(200)
  expect(ready.headers.get('Content-Length')).toBe('10')
})

it('HEAD for an event stream returns its headers and opens no stream', async () => {
  const response = await visit('/queue/events?filePath=head/clip.mp4', { method: 'HEAD' })
  expect(response.status).toBe(200)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
  })
  expect(await socketCount()).toBe(0)
})
