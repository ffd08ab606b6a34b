import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { JOB_LIMITS, QUEUE_LIMITS } from '../../../src/contract/limits.ts'
import { findJob } from '../../../src/db/jobs.ts'
import { UNRESTRICTED } from '../../../src/domain/caller.ts'
import { jpeg, webp } from '../../fixtures/images.ts'
import { api, expectJson, type ErrorBody } from '../helpers/requests.ts'
import { putOriginal, createJobs, createOne, type CreatedJob } from '../helpers/jobs.ts'
import { claimAsRunner } from '../helpers/fakeRunner.ts'
import { db, jobRow, countRows } from '../helpers/database.ts'

function post(request: object) {
  return api('POST', '/queue/jobs', request)
}
function countJobs(filePath: string) {
  return countRows('jobs', 'file_path = ?', filePath)
}

it.each([
  ['photo.jpg', 'a still image'],
  ['photo.JPEG', 'a still image'],
  ['photo.webp', 'a still image'],
  ['lines.srt', 'subtitles'],
  ['lines.vtt', 'subtitles'],
])('a file named %s, which is %s, is rejected, and no job is created', async (name, kind) => {
  const filePath = `create/${name}`
  await env.ORIGINALS.put(filePath, name.endsWith('webp') ? webp(false) : jpeg())
  const response = await post({ filePath, transformations: ['w_160'] })
  const { code, message } = await expectJson<ErrorBody>(response, 400)
  expect(code).toBe('invalid_request')
  expect(message).toContain(`this file is ${kind} (got "${filePath}")`)
  expect(await countJobs(filePath)).toBe(0)
})

describe('a variant has one active job', () => {
  it('a second request while it is pending or running returns the same job', async () => {
    const filePath = 'create/double.mp4'
    const first = await createOne(filePath)
    expect(first.deduplicated).toBe(false)
    const [waiting] = await createJobs(filePath, ['w_640'])
    expect(waiting).toEqual({ ...first, deduplicated: true })

    const runner = await claimAsRunner()
    const [running] = await createJobs(filePath, ['w_640'])
    expect(running).toMatchObject({ id: first.id, status: 'running', deduplicated: true })
    expect(await countJobs(filePath)).toBe(1)
    await runner.completeWith('the output')
  })

  it.each([
    ['another order', 'q_50,w_640'],
    ['defaults spelled out', 'w_640,q_50,c_fill,g_center,f_mp4'],
    ['an object', { q: 50, w: 640 }],
    ['an object with defaults', { w: 640, q: 50, f: 'mp4', so: 0 }],
    ['an object with long names', { width: 640, quality: 50, format: 'mp4', startSeconds: 0 }],
    ['an object with short and long names', { width: 640, q: 50 }],
  ])('%s is the same transformation', async (name, spelling) => {
    const filePath = `create/${name}.mp4`
    const first = await createOne(filePath, 'w_640,q_50')
    const [again] = await createJobs(filePath, [spelling])
    expect(again).toMatchObject({ id: first.id, deduplicated: true, transformation: 'w_640,q_50' })
    expect(await countJobs(filePath)).toBe(1)
  })

  it('two spellings in one request create one job, and the order is kept', async () => {
    const filePath = 'create/twice.mp4'
    await putOriginal(filePath)
    const jobs = await createJobs(filePath, ['w_640', 'w_320', { w: 640 }])
    expect(jobs.map((job) => job.transformation)).toEqual(['w_640', 'w_320'])
    expect(await countJobs(filePath)).toBe(2)
  })

  it('identical concurrent requests create one job', async () => {
    const filePath = 'create/race.mp4'
    await putOriginal(filePath)
    const jobs = await Promise.all(Array.from({ length: 6 }, () => createOne(filePath)))
    expect(new Set(jobs.map((job) => job.id)).size).toBe(1)
    expect(jobs.filter((job) => !job.deduplicated)).toHaveLength(1)
    expect(await countJobs(filePath)).toBe(1)
    expect(await countRows('events', "type = 'job:created' AND file_path = ?", filePath)).toBe(1)
  })

  it('another file or another variant gets another job', async () => {
    const one = await createOne('create/one.mp4')
    const [other] = await createJobs('create/one.mp4', ['w_641'])
    const two = await createOne('create/two.mp4')
    expect(new Set([one.id, other!.id, two.id]).size).toBe(3)
  })
})

describe('after a job has ended, its variant gets a new job:', () => {
  const ends: Record<string, (job: CreatedJob) => Promise<unknown>> = {
    cancelled: (job) => api('POST', `/queue/jobs/${job.id}/cancel`),
    completed: async () => (await claimAsRunner('default')).completeWith('the output'),
    error: async () =>
      (await claimAsRunner('default')).fail('input_invalid', 'The file is no video.'),
  }
  it.each(Object.keys(ends))('%s', async (status) => {
    const filePath = `create/${status}.mp4`
    await putOriginal(filePath)
    // The highest priority, so that the fake runner claims this job.
    const first = await createOne(filePath, 'w_640', { priority: 0 })
    await ends[status]!(first)
    expect(await jobRow(first.id)).toMatchObject({ status })
    const second = await createOne(filePath, 'w_640', { priority: 0 })
    expect(second).toMatchObject({ status: 'pending', deduplicated: false })
    expect(second.id).not.toBe(first.id)
    expect(await jobRow(first.id)).toMatchObject({ status })
    await api('DELETE', `/queue/jobs/${second.id}`)
  })
})

describe('priority', () => {
  it('is 2 for a video, 1 for an image, or as requested', async () => {
    const filePath = 'create/priority.mp4'
    await putOriginal(filePath)
    const transformations = ['w_640', 't_true', 'f_png', 'f_webm']
    const jobs = await createJobs(filePath, transformations)
    expect(jobs.map((job) => job.priority)).toEqual([2, 1, 1, 2])
    const explicit = await createJobs(filePath, ['w_9', 't_true,w_9'], { priority: 7 })
    expect(explicit.map((job) => job.priority)).toEqual([7, 7])
    expect(await jobRow(explicit[0]!.id)).toMatchObject({ priority: 7 })
  })

  it('is 2 for the default MP4, which a request without transformations creates', async () => {
    await putOriginal('create/default.mp4')
    const [job] = await createJobs('create/default.mp4')
    expect(job).toMatchObject({ transformation: 'f_mp4', queue: 'default', priority: 2 })
  })
})

describe('an invalid request is rejected as a whole', () => {
  const expectRejected = async (request: object, status: number) => {
    const before = await countRows('jobs')
    const error = await expectJson<ErrorBody>(await post(request), status)
    expect(await countRows('jobs')).toBe(before)
    return error
  }

  it('a queue that does not exist returns 404', async () => {
    await putOriginal('refused/a.mp4')
    const { code } = await expectRejected({ filePath: 'refused/a.mp4', queue: 'nowhere' }, 404)
    expect(code).toBe('queue_not_found')
  })

  it('a file that does not exist returns 404', async () => {
    const { code, message } = await expectRejected({ filePath: 'refused/missing.mp4' }, 404)
    expect(code).toBe('file_not_found')
    expect(message).toContain('PUT /files/refused/missing.mp4')
  })

  it.each([
    ['w_0', 'w'],
    ['w_99999', '7680'],
    ['q_999', '100'],
    ['z_1', 'z'],
    ['w_640,w_320', 'twice'],
    ['', 'key_value'],
    ['640', 'key_value'],
    ['so_5,eo_3', 'eo'],
    [{ w: 0 }, 'w'],
    [{ c: 'stretch' }, 'fill'],
    [{ q: 'high' }, 'auto'],
    [{ breadth: 640 }, 'breadth'],
    [{ w: 640, width: 640 }, 'w and width are two names of one key'],
  ])('the transformation %j returns 400, and no job is created', async (invalid, text) => {
    await putOriginal('refused/a.mp4')
    const { code, message } = await expectRejected(
      { filePath: 'refused/a.mp4', transformations: ['w_640', invalid] },
      400,
    )
    expect(code).toMatch(/^invalid_(transformation|request)$/)
    expect(message).toMatch(/transformations(\[1\]|\.1)/)
    expect(message).toContain(text)
  })

  it('51 transformations return 400, and 50 are accepted', async () => {
    const filePath = 'refused/many.mp4'
    await putOriginal(filePath)
    const transformations = Array.from({ length: 51 }, (_, index) => `w_${100 + index}`)
    expect((await expectRejected({ filePath, transformations }, 400)).message).toContain('50')
    expect(await createJobs(filePath, transformations.slice(1))).toHaveLength(50)
    expect(await countJobs(filePath)).toBe(50)
  })
})

it('a job has the limits of its request, and otherwise those of its queue', async () => {
  const filePath = 'create/limits.mp4'
  await putOriginal(filePath)
  const requested = Object.fromEntries(JOB_LIMITS.map((name) => [name, QUEUE_LIMITS[name].max]))
  const [own] = await createJobs(filePath, ['w_640'], requested)
  expect(await findJob(db, own!.id, UNRESTRICTED)).toMatchObject(requested)
  const [usual] = await createJobs(filePath, ['w_320'])
  const defaults = JOB_LIMITS.map((name) => [name, QUEUE_LIMITS[name].default])
  expect(await findJob(db, usual!.id, UNRESTRICTED)).toMatchObject(Object.fromEntries(defaults))
})
