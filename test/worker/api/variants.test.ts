import { describe, expect, it } from 'vitest'

import { ROOT } from '../../../src/domain/caller.ts'
import { requestVariant } from '../../../src/services/variants/requestVariant.ts'
import { visit, api, expectJson, type ErrorBody } from '../helpers/requests.ts'
import { putOriginal, createOne } from '../helpers/jobs.ts'
import { claimAsRunner } from '../helpers/fakeRunner.ts'
import { openPlatform, jobRow, countRows } from '../helpers/database.ts'

interface Queued {
  status: string
  statusUrl: string
  jobId: string
}
async function queued(url: string) {
  return expectJson<Queued>(await visit(url), 202)
}
function jobsOf(filePath: string) {
  return countRows('jobs', 'file_path = ?', filePath)
}
async function textOf(response: Response) {
  return new TextDecoder().decode(await response.arrayBuffer())
}

/** Requests a variant by its URL, and completes its job with a fake runner. */
async function make(url: string, output: string) {
  const { jobId } = await queued(url)
  const runner = await claimAsRunner()
  expect(runner.jobId).toBe(jobId)
  await runner.completeWith(output)
  return jobId
}

describe('a request for a variant', () => {
  it('queues it if it does not exist, and returns a status URL', async () => {
    const filePath = 'v/new clip.mp4'
    await putOriginal(filePath)
    const response = await visit('/t/w_640,q_50/v/new%20clip.mp4')
    expect(response.headers.get('Retry-After')).toMatch(/^\d+$/)
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    const answer = await expectJson<Queued>(response, 202)
    expect(answer).toEqual({
      status: 'pending',
      statusUrl: '/video-status/w_640,q_50/v/new%20clip.mp4',
      jobId: expect.stringMatching(/^job_/),
    })
    expect(await jobRow(answer.jobId)).toMatchObject({
      file_path: filePath,
      transformation: 'w_640,q_50',
    })
    expect(await expectJson(await visit(answer.statusUrl), 200)).toMatchObject({
      status: 'pending',
      message: 'Waiting to be processed',
    })
    await api('DELETE', `/queue/jobs/${answer.jobId}`)
  })

  it('creates one job if it is repeated or sent concurrently, in several spellings', async () => {
    const filePath = 'v/often.mp4'
    await putOriginal(filePath)
    const spellings = [
      'w_640,q_50',
      'q_50,w_640',
      'w_640%2Cq_50',
      'q_50%2cw_640',
      'w_640,q_50,c_fill',
      'f_mp4,w_640,q_50,so_0',
    ]
    const responses = await Promise.all(
      spellings.map((spelling) => queued(`/t/${spelling}/${filePath}`)),
    )
    expect(new Set(responses.map(({ jobId }) => jobId)).size).toBe(1)
    expect(await jobsOf(filePath)).toBe(1)
    const { jobId } = await claimAsRunner()
    expect((await queued(`/t/w_640,q_50/${filePath}`)).jobId).toBe(jobId)
    expect(await jobsOf(filePath)).toBe(1)
    await api('DELETE', `/queue/jobs/${jobId}`)
  })

  it('returns 404 when the original does not exist, and queues nothing', async () => {
    const { code } = await expectJson<ErrorBody>(await visit('/t/w_640/v/none.mp4'), 404)
    expect(code).toBe('file_not_found')
    expect(await jobsOf('v/none.mp4')).toBe(0)
  })

  it.each(['w_0', 'w_99999', 'q_999', 'w_640,w_320', 'c_stretch', 'w_640,z_1', 'w_-1', 'f_exe'])(
    'with the invalid transformation %s returns 400 and queues nothing',
    async (bad) => {
      await putOriginal('v/bad.mp4')
      const answer = await expectJson<ErrorBody>(await visit(`/t/${bad}/v/bad.mp4`), 400)
      expect(answer.code).toBe('invalid_transformation')
      expect(answer.message).toContain(bad)
      expect(await jobsOf('v/bad.mp4')).toBe(0)
    },
  )

  it('whose first folder is no transformation serves the original at the whole path', async () => {
    await putOriginal('my_videos/clip.mp4', 'in a folder')
    expect(await textOf(await visit('/t/my_videos/clip.mp4'))).toBe('in a folder')
  })
})

describe('a variant that is ready', () => {
  it('is served with its content type, its ETag, ranges and conditions', async () => {
    const filePath = 'ready/clip.mp4'
    await putOriginal(filePath)
    await make(`/t/w_640/${filePath}`, '0123456789')
    const url = `/t/w_640/${filePath}`
    const response = await visit(url)
    expect(response.status).toBe(200)
    expect(await textOf(response)).toBe('0123456789')
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'video/mp4',
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
      'cache-control': expect.stringContaining('max-age'),
    })
    const etag = response.headers.get('ETag')!
    const range = await visit(url, { headers: { Range: 'bytes=2-4' } })
    expect(range.status).toBe(206)
    expect(await textOf(range)).toBe('234')
    expect((await visit(url, { headers: { 'If-None-Match': etag } })).status).toBe(304)
    expect((await visit(`/t/c_fill,w_640/${filePath}`)).status).toBe(200)
    expect(await jobsOf(filePath)).toBe(1)
    // Control: a variant that does not exist is queued.
    const { jobId } = await queued(`/t/w_320/${filePath}`)
    await api('DELETE', `/queue/jobs/${jobId}`)
  })

  it.each([
    ['t_true', 'image/jpeg'],
    ['f_webm', 'video/webm'],
    ['t_true,f_png', 'image/png'],
  ])('with %s has the content type %s', async (transformation, type) => {
    const filePath = `ready/${transformation}.mp4`
    await putOriginal(filePath)
    await make(`/t/${transformation}/${filePath}`, 'output')
    const response = await visit(`/t/${transformation}/${filePath}`)
    expect(response.headers.get('Content-Type')).toBe(type)
    expect(await textOf(response)).toBe('output')
  })

  it('is created again after its original was replaced directly in the bucket', async () => {
    const filePath = 'ready/replaced.mp4'
    await putOriginal(filePath, 'the first')
    const before = await make(`/t/w_640/${filePath}`, 'of the first')
    await putOriginal(filePath, 'the second')
    const after = await make(`/t/w_640/${filePath}`, 'of the second')
    expect(after).not.toBe(before)
    expect(await textOf(await visit(`/t/w_640/${filePath}`))).toBe('of the second')
  })
})

describe('a variant whose job', () => {
  it('failed returns 422 with the job’s error until the original is replaced', async () => {
    const filePath = 'ended/failed.mp4'
    const { id } = await createOne(filePath)
    await (await claimAsRunner()).fail('input_invalid', 'The file is no video.')
    for (let n = 0; n < 2; n++) {
      const response = await visit(`/t/w_640/${filePath}`)
      expect(response.headers.get('Cache-Control')).toBe('no-store')
      expect(await expectJson(response, 422)).toMatchObject({
        code: 'processing_failed',
        message: 'The file is no video.',
        error: 'Processing Failed',
        jobId: id,
        errorCode: 'input_invalid',
        requestId: expect.any(String),
      })
    }
    expect(await jobsOf(filePath)).toBe(1)
    // After the original is replaced, the variant is queued again.
    await putOriginal(filePath, 'another file')
    const { jobId } = await queued(`/t/w_640/${filePath}`)
    expect(jobId).not.toBe(id)
    await api('DELETE', `/queue/jobs/${jobId}`)
  })

  it('completes during the request is not created again', async () => {
    const filePath = 'ended/just-now.mp4'
    await putOriginal(filePath)
    const { jobId } = await queued(`/t/w_640/${filePath}`)
    const { platform } = openPlatform()
    const { originals } = platform
    // The job completes after its variant is read, and before the job is read.
    const head = async (path: string) => {
      await (await claimAsRunner()).completeWith('the variant')
      return originals.head(path)
    }
    const completing = { ...platform, originals: Object.assign(Object.create(originals), { head }) }
    const outcome = await requestVariant(
      completing,
      ROOT,
      { filePath, variant: 'w_640' },
      async () => ({
        ok: true,
      }),
    )
    expect(outcome).toMatchObject({ ok: true, state: 'ready', variant: { jobId } })
    expect(await jobsOf(filePath)).toBe(1)
  })

  it('was cancelled or deleted is queued again', async () => {
    const filePath = 'ended/cancelled.mp4'
    const { id } = await createOne(filePath)
    await api('POST', `/queue/jobs/${id}/cancel`)
    const { jobId } = await queued(`/t/w_640/${filePath}`)
    expect(jobId).not.toBe(id)
    expect(await jobRow(jobId)).toMatchObject({ status: 'pending' })
    await api('DELETE', `/queue/jobs/${jobId}`)
    expect((await queued(`/t/w_640/${filePath}`)).jobId).not.toBe(jobId)
  })
})
