import { expect, it } from 'vitest'
import { visit, api, expectJson } from '../helpers/requests.ts'
import { putOriginal, createJobs, createOne } from '../helpers/jobs.ts'
import { claimAsRunner } from '../helpers/fakeRunner.ts'

async function status(path: string, code = 200) {
  return expectJson<Record<string, unknown>>(await visit(`/video-status/${path}`), code)
}
const FIELDS = ['status', 'progress', 'startedAt', 'completedAt', 'error', 'message']
const NOT_FOUND = {
  status: 'not_found',
  message: 'No processing job found for this video',
  error: 'Not Found',
  code: 'not_found',
  requestId: expect.any(String),
}

it('the status of a file without a job is 404', async () => {
  await putOriginal('status/none.mp4')
  expect(await status('status/none.mp4', 404)).toEqual(NOT_FOUND)
  expect(await status('w_640/status/none.mp4', 404)).toEqual(NOT_FOUND)
})

it('the status follows a job from pending to completed; then the size can be read', async () => {
  const filePath = 'status/life.mp4'
  await createOne(filePath)
  const pending = await status(filePath)
  expect(Object.keys(pending)).toEqual(FIELDS)
  expect(pending).toMatchObject({ status: 'pending', progress: 0, startedAt: null, error: null })
  const runner = await claimAsRunner()
  await runner.report(62)
  expect(await status(filePath)).toEqual({
    status: 'running',
    progress: 62,
    startedAt: expect.stringMatching(/Z$/),
    completedAt: null,
    error: null,
    message: 'Processing in progress',
  })
  await status(`${filePath}/size`, 404)
  await runner.completeWith('x'.repeat(321))
  expect(await status(filePath)).toMatchObject({
    status: 'completed',
    progress: 100,
    completedAt: expect.stringMatching(/Z$/),
  })
  expect(await status(`${filePath}/size`)).toEqual({ size: 321, status: 'ready' })
  expect(await status(`w_640/${filePath}/size`)).toEqual({ size: 321, status: 'ready' })
})

it('the status has the error of a failed job', async () => {
  await createOne('status/failed.mp4')
  await (await claimAsRunner()).fail('input_invalid', 'The file is no video.')
  expect(await status('status/failed.mp4')).toMatchObject({
    status: 'error',
    error: 'The file is no video.',
    message: 'Processing failed',
  })
  await status('status/failed.mp4/size', 404)
})

it('without a transformation, the status is that of the newest job of the file', async () => {
  const filePath = 'status/variants.mp4'
  const { id: older } = await createOne(filePath, 'w_640')
  await createJobs(filePath, ['w_320'])
  await api('POST', `/queue/jobs/${older}/cancel`)
  expect(await status(`w_640/${filePath}`)).toMatchObject({ status: 'cancelled' })
  expect(await status(`c_fill%2Cw_640/${filePath}`)).toMatchObject({ status: 'cancelled' })
  expect(await status(`w_320/${filePath}`)).toMatchObject({ status: 'pending' })
  expect(await status(filePath)).toMatchObject({ status: 'pending' })
  expect(await status(`w_160/${filePath}`, 404)).toEqual(NOT_FOUND)
})

it('the status names the canonical form of a variant, with and without a job', async () => {
  const filePath = 'status/canonical.mp4'
  await createOne(filePath, 'w_640')
  const linkOf = async (path: string) => (await visit(`/video-status/${path}`)).headers.get('Link')
  for (const name of ['c_fill,w_640', 'q_60,w_640', 'w_640']) {
    expect(await linkOf(`${name}/${filePath}`)).toBe(
      `</video-status/w_640/${filePath}>; rel="canonical"`,
    )
  }
  expect(await linkOf(`q_50,w_320/${filePath}`)).toBe(
    `</video-status/w_320,q_50/${filePath}>; rel="canonical"`,
  )
  expect(await linkOf(filePath)).toBe(null)
})

it('the status of a file ignores its probes, which have a status of their own', async () => {
  const filePath = 'status/probed.mp4'
  await putOriginal(filePath)
  await api('POST', '/probe', { filePath, waitSeconds: 0 })
  expect(await status(filePath, 404)).toEqual(NOT_FOUND)
  expect(await status(`f_json/${filePath}`)).toMatchObject({ status: 'pending' })
  const { id } = await createOne(filePath, 'w_640', { priority: 0 })
  const runner = await claimAsRunner()
  expect(runner.jobId).toBe(id)
  await runner.completeWith('x'.repeat(321))
  await putOriginal(filePath, 'another file')
  await api('POST', '/probe', { filePath, waitSeconds: 0 })
  expect(await status(filePath)).toMatchObject({ status: 'completed' })
  expect(await status(`${filePath}/size`)).toEqual({ size: 321, status: 'ready' })
})

it('the status of an invalid transformation or path is 400', async () => {
  expect(await status('w_0/status/life.mp4', 400)).toMatchObject({ code: 'invalid_transformation' })
  expect(await status('w_0/status/life.mp4/size', 400)).toMatchObject({
    code: 'invalid_transformation',
  })
  expect(await status('a%2F..%2Fb.mp4', 400)).toMatchObject({ code: 'invalid_path' })
})
