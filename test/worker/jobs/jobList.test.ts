import { beforeAll, describe, expect, it } from 'vitest'
import type { Job } from '../../../src/contract/job.ts'
import { makeKey } from '../helpers/apiKeys.ts'
import { api, API_KEY, expectError, visitWith } from '../helpers/requests.ts'
import { putOriginal, createJobs } from '../helpers/jobs.ts'

interface Page {
  jobs: Job[]
  limit: number
  offset: number
  count: number
  nextCursor: string | null
}
async function list(query = '') {
  return (await api('GET', `/queue/jobs${query}`)).json<Page>()
}
function ids(page: Page) {
  return page.jobs.map((job) => job.id)
}

/** Ids of the created jobs, oldest first. */
const created: string[] = []
async function createMany(filePath: string, count: number) {
  await putOriginal(filePath)
  for (let done = 0; done < count; done += 40) {
    const size = Math.min(40, count - done)
    const transformations = Array.from({ length: size }, (_, index) => `w_${100 + done + index}`)
    created.push(...(await createJobs(filePath, transformations)).map((job) => job.id))
  }
}

it('an empty list is an empty page', async () => {
  expect(await list()).toEqual({ jobs: [], limit: 50, offset: 0, count: 0, nextCursor: null })
})

describe('with 120 jobs', () => {
  beforeAll(() => createMany('list/many.mp4', 120))

  it('the first page has the newest 50, newest first', async () => {
    const page = await list()
    expect(page).toMatchObject({ limit: 50, offset: 0, count: 50 })
    expect(ids(page)).toEqual(created.toReversed().slice(0, 50))
  })

  it('limit and offset select a slice, with and without a status', async () => {
    const slice = created.toReversed().slice(10, 17)
    for (const query of ['?limit=7&offset=10', '?limit=7&offset=10&status=pending']) {
      const page = await list(query)
      expect(page).toMatchObject({ limit: 7, offset: 10, count: 7 })
      expect(ids(page)).toEqual(slice)
    }
    expect(await list('?offset=118')).toMatchObject({ count: 2, nextCursor: null })
    expect(await list('?offset=500')).toMatchObject({ count: 0, jobs: [], nextCursor: null })
  })

  it('status, queue and filePath filter the list', async () => {
    const cancelled = created[60]!
    await api('POST', `/queue/jobs/${cancelled}/cancel`)
    expect(ids(await list('?status=cancelled'))).toEqual([cancelled])
    expect(ids(await list('?status=pending&limit=500'))).toHaveLength(119)
    expect(await list('?status=running')).toMatchObject({ count: 0 })
    expect(await list('?queue=other')).toMatchObject({ count: 0 })
    expect(await list('?queue=default&limit=500')).toMatchObject({ count: 120 })
    expect(await list('?filePath=list/many.mp4&limit=500')).toMatchObject({ count: 120 })
    expect(await list('?filePath=list/other.mp4')).toMatchObject({ count: 0 })
  })

  it('a cursor does not show its position, and an altered one is rejected', async () => {
    const [one, two] = [await list('?limit=7'), await list('?limit=7')]
    const cursor = one.nextCursor!
    expect(cursor).toMatch(/^[A-Za-z0-9_-]{40,100}$/)
    expect(cursor).not.toBe(two.nextCursor)
    expect((await list('?limit=110')).nextCursor).toHaveLength(cursor.length)
    expect(ids(await list(`?limit=7&cursor=${cursor}`))).toEqual(
      ids(await list(`?limit=7&cursor=${two.nextCursor}`)),
    )
    const last = cursor.at(-1)!
    const altered = [
      ...Array.from({ length: cursor.length }, (_, at) => {
        const other = cursor[at] === 'A' ? 'B' : 'A'
        return cursor.slice(0, at) + other + cursor.slice(at + 1)
      }),
      ...['', 'A', '.', cursor.slice(1), cursor]
        .map((text) => cursor + text)
        .filter((text) => text !== cursor),
      cursor.slice(0, -1),
      cursor.slice(0, -1) + String.fromCharCode(last.charCodeAt(0) + 1),
      '100',
    ]
    for (const text of altered) {
      const response = await api('GET', `/queue/jobs?cursor=${text}`)
      expect(await expectError(response, 400, 'invalid_request')).toContain('cursor')
    }
  })

  it('a cursor stays valid while SIGNING_KEYS has the key that sealed it', async () => {
    const keys = ['one', 'two'].map((id) => `${id}:${id.repeat(16)}`)
    const get = (query: string, SIGNING_KEYS: string) =>
      visitWith({ SIGNING_KEYS }, `/queue/jobs?limit=7${query}`, { headers: API_KEY })
    const { nextCursor } = await (await get('', keys[0]!)).json<Page>()
    const rotated = `${keys[1]},${keys[0]}`
    expect((await get(`&cursor=${nextCursor}`, rotated)).status).toBe(200)
    expect((await get(`&cursor=${nextCursor}`, keys[1]!)).status).toBe(400)
    const { headers } = await makeKey()
    const without = (query: string) =>
      visitWith({ API_KEY: '', SIGNING_KEYS: '' }, `/queue/jobs${query}`, { headers })
    expect((await without('?limit=500')).status).toBe(200)
    await expectError(await without('?limit=7'), 503, 'not_configured')
  })

  it('pages by cursor contain every earlier job once while new jobs are created', async () => {
    const before = created.toReversed()
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page: Page = await list(`?limit=25${cursor === null ? '' : `&cursor=${cursor}`}`)
      seen.push(...ids(page))
      cursor = page.nextCursor
      await createMany(`list/new-${seen.length}.mp4`, 3)
    } while (cursor !== null)
    expect(seen).toEqual(before)
  })
})

describe('an invalid query returns 400 with the reason:', () => {
  it.each([
    ['limit=0', 'limit'],
    ['limit=501', '500'],
    ['limit=-1', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['offset=-1', 'offset'],
    ['offset=many', 'offset'],
    ['status=done', 'pending'],
    ['status=done', 'cancelled'],
    ['status=', 'completed'],
    ['status=PENDING', 'running'],
    ['queue=No Such', 'a-z'],
    ['filePath=/etc/passwd', 'videos/clip.mp4'],
    ['cursor=abc', 'nextCursor'],
    ["cursor=1' OR '1'='1", 'nextCursor'],
    ['cursor=9&offset=5', 'not both'],
  ])('%s', async (query, text) => {
    const response = await api('GET', `/queue/jobs?${query}`)
    expect(response.status).toBe(400)
    const { message, code } = await response.json<{ message: string; code: string }>()
    expect(message).toContain(text)
    expect(code).toMatch(/^invalid_/)
  })
})
