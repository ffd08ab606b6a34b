import { describe, expect, it } from 'vitest'
import { api, expectJson, expectError } from '../helpers/requests.ts'
import { putOriginal, createJobs, createOne, type CreatedJob } from '../helpers/jobs.ts'
import { claimAsRunner } from '../helpers/fakeRunner.ts'
import { jobRow, countRows } from '../helpers/database.ts'
import { makeKey } from '../helpers/apiKeys.ts'

function post(key: string, request: object) {
  return api('POST', '/queue/jobs', request, { 'Idempotency-Key': key })
}
async function requestJobs(key: string, request: object): Promise<CreatedJob[]> {
  return (await expectJson<{ jobs: CreatedJob[] }>(await post(key, request), 202)).jobs
}
function listIds(jobs: CreatedJob[]) {
  return jobs.map((job) => job.id)
}

it('returns the same jobs in the same order for a second request with the same Idempotency-Key, even after they completed', async () => {
  await putOriginal('idem/again.mp4')
  const request = { filePath: 'idem/again.mp4', transformations: ['w_640', 't_true', 'w_320'] }
  const first = await requestJobs('again', request)
  expect(first.map((job) => job.deduplicated)).toEqual([false, false, false])
  expect(listIds(await requestJobs('again', request))).toEqual(listIds(first))

  for (let n = 0; n < first.length; n++) {
    await (await claimAsRunner()).completeWith('the output')
  }
  const after = await requestJobs('again', request)
  expect(listIds(after)).toEqual(listIds(first))
  expect(after.map((job) => job.status)).toEqual(['completed', 'completed', 'completed'])
  expect(await countRows('jobs', 'file_path = ?', 'idem/again.mp4')).toBe(3)

  // Without the key, the same request creates new jobs.
  expect(listIds(await createJobs(request.filePath, request.transformations))).not.toEqual(
    listIds(first),
  )
  for (let n = 0; n < first.length; n++) {
    await (await claimAsRunner()).completeWith('the output')
  }
})

it('keeps the requested order when some of the jobs existed before', async () => {
  const old = await createOne('idem/mixed.mp4', 'w_320')
  const request = { filePath: 'idem/mixed.mp4', transformations: ['w_640', 'w_320'] }
  const first = await requestJobs('mixed', request)
  expect(first.map((job) => job.deduplicated)).toEqual([false, true])
  expect(first[1]!.id).toBe(old.id)
  expect(listIds(await requestJobs('mixed', request))).toEqual(listIds(first))
})

it('returns 409 and creates nothing for another request with the same key', async () => {
  const { filePath } = await createOne('idem/other.mp4')
  const first = await requestJobs('other', { filePath, transformations: ['w_640'] })
  const response = await post('other', { filePath, transformations: ['w_320'] })
  await expectError(response, 409, 'idempotency_conflict')
  expect(await countRows('jobs', 'file_path = ?', filePath)).toBe(1)
  expect(await jobRow(first[0]!.id)).toMatchObject({ status: 'pending' })
})

it('identical concurrent requests with the same key create one set of jobs', async () => {
  await putOriginal('idem/race.mp4')
  const request = { filePath: 'idem/race.mp4', transformations: ['w_640', 'w_320'] }
  const results = await Promise.all(Array.from({ length: 5 }, () => requestJobs('race', request)))
  for (const jobs of results) {
    expect(listIds(jobs)).toEqual(listIds(results[0]!))
  }
  expect(await countRows('jobs', 'file_path = ?', 'idem/race.mp4')).toBe(2)
  expect(await countRows('idempotency_keys', 'key = ?', 'race')).toBe(1)
})

it('of two different concurrent requests with the same key, one returns 409', async () => {
  await putOriginal('idem/clash.mp4')
  const requests = ['w_640', 'w_320'].map((transformation) => ({
    filePath: 'idem/clash.mp4',
    transformations: [transformation],
  }))
  const responses = await Promise.all(requests.map((request) => post('clash', request)))
  expect(new Set(responses.map((response) => response.status))).toEqual(new Set([202, 409]))
  expect(await countRows('jobs', 'file_path = ?', 'idem/clash.mp4')).toBe(1)
})

it('a rejected request does not use up its key', async () => {
  const request = { filePath: 'idem/late.mp4', transformations: ['w_640'] }
  expect((await post('late', request)).status).toBe(404)
  expect((await post('late', { ...request, transformations: ['w_0'] })).status).toBe(400)
  await putOriginal('idem/late.mp4')
  expect((await post('late', { ...request, queue: 'nowhere' })).status).toBe(404)
  expect(await requestJobs('late', request)).toHaveLength(1)
})

it('returns 409 and creates nothing once jobs of the first request are deleted', async () => {
  const filePath = 'idem/deleted.mp4'
  await putOriginal(filePath)
  const request = { filePath, transformations: ['w_640', 'w_320'] }
  const [one, two] = await requestJobs('deleted', request)
  await api('DELETE', `/queue/jobs/${one!.id}`)
  const some = await expectError(await post('deleted', request), 409, 'idempotency_jobs_deleted')
  expect(some).toContain('deleted (1 of 2)')
  expect(some).toContain(`Still there: ${two!.id}.`)
  await api('DELETE', `/queue/jobs/${two!.id}`)
  const all = await expectError(await post('deleted', request), 409, 'idempotency_jobs_deleted')
  expect(all).toContain('created jobs that were deleted (all of them)')
  expect(await countRows('jobs', 'file_path = ?', filePath)).toBe(0)
  expect(await requestJobs('deleted again', request)).toHaveLength(2)
})

it('returns the jobs of the first request after its named preset was deleted', async () => {
  await expectJson(await api('PUT', '/queues/default/presets/brief', 'w_640'), 200)
  await putOriginal('idem/preset.mp4')
  const request = { filePath: 'idem/preset.mp4', transformations: ['n_brief'] }
  const first = await requestJobs('preset', request)
  await api('DELETE', '/queues/default/presets/brief')
  expect(listIds(await requestJobs('preset', request))).toEqual(listIds(first))
})

describe('a variant with an active job in a queue that the key cannot see', () => {
  it('rejects the whole request, and does not use up its key', async () => {
    const filePath = 'idem/busy.mp4'
    await expectJson(await api('PUT', '/queues/side', {}), 200)
    const key = await makeKey({ scopes: ['jobs:read', 'jobs:write'], queue: 'side' })
    const busy = await createOne(filePath, 'w_640')
    const request = { filePath, transformations: ['w_320', 'w_640'], queue: 'side' }
    const send = () => key.call('POST', '/queue/jobs', request, { 'Idempotency-Key': 'busy' })
    for (let n = 0; n < 2; n++) {
      await expectError(await send(), 409, 'variant_busy')
      expect(await countRows('jobs', "file_path = ? AND queue = 'side'", filePath)).toBe(0)
    }
    expect(await countRows('idempotency_keys', "key LIKE '%busy'")).toBe(0)
    await api('POST', `/queue/jobs/${busy.id}/cancel`)
    const { jobs } = await expectJson<{ jobs: CreatedJob[] }>(await send(), 202)
    expect(jobs.map(({ queue, deduplicated }) => [queue, deduplicated])).toEqual([
      ['side', false],
      ['side', false],
    ])
    const repeated = await expectJson<{ jobs: CreatedJob[] }>(await send(), 202)
    expect(listIds(repeated.jobs)).toEqual(listIds(jobs))
  })
})
