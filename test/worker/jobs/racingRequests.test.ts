import { expect, it } from 'vitest'
import { api } from '../helpers/requests.ts'
import { createOne } from '../helpers/jobs.ts'
import { claimJob, claimAsRunner } from '../helpers/fakeRunner.ts'
import { jobRow, countRows, readCounters } from '../helpers/database.ts'

/** Sends all requests at once; returns the statuses of their responses, the lowest first. */
async function sendConcurrently(...requests: [method: string, path: string][]) {
  const responses = await Promise.all(requests.map(([method, path]) => api(method, path)))
  return responses.map((response) => response.status).toSorted((a, b) => a - b)
}
const ROUNDS = 5

it('of two concurrent cancels one returns 200 and one 400', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const { id } = await createOne(`race/cancel-${round}.mp4`)
    const cancel: [string, string] = ['POST', `/queue/jobs/${id}/cancel`]
    expect(await sendConcurrently(cancel, cancel)).toEqual([200, 400])
    expect(await jobRow(id)).toMatchObject({ status: 'cancelled' })
    expect(await countRows('events', "job_id = ? AND type = 'job:cancelled'", id)).toBe(1)
  }
})

it('of two concurrent deletes one returns 200 and one 400', async () => {
  const control = await createOne('race/control.mp4')
  for (let round = 0; round < ROUNDS; round++) {
    const { id } = await createOne(`race/delete-${round}.mp4`)
    const remove: [string, string] = ['DELETE', `/queue/jobs/${id}`]
    expect(await sendConcurrently(remove, remove)).toEqual([200, 400])
    expect(await jobRow(id)).toBeNull()
    expect(await countRows('events', "job_id = ? AND type = 'job:deleted'", id)).toBe(1)
  }
  expect(await jobRow(control.id)).toMatchObject({ status: 'pending' })
  await api('DELETE', `/queue/jobs/${control.id}`)
})

it('of two concurrent retries one returns 200 and one 400, and the job is claimed once', async () => {
  const { id } = await createOne('race/retry.mp4')
  await (await claimAsRunner()).fail('input_invalid', 'The file is no video.')
  const retry: [string, string] = ['POST', `/queue/jobs/${id}/retry`]
  expect(await sendConcurrently(retry, retry)).toEqual([200, 400])
  expect((await claimJob())?.jobId).toBe(id)
  expect(await claimJob()).toBeNull()
  await api('DELETE', `/queue/jobs/${id}`)
})

it('after a concurrent cancel and retry, the job is cancelled or pending', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const { id } = await createOne(`race/mixed-${round}.mp4`)
    await (await claimAsRunner()).fail('input_invalid', 'The file is no video.')
    const [cancelled, retried] = (
      await Promise.all([
        api('POST', `/queue/jobs/${id}/cancel`),
        api('POST', `/queue/jobs/${id}/retry`),
      ])
    ).map((response) => response.status)
    // The retry succeeds in both orders, because a failed job cannot be cancelled. The cancel
    // succeeds only if it comes after the retry.
    expect(retried).toBe(200)
    const status = cancelled === 200 ? 'cancelled' : 'pending'
    expect([200, 400]).toContain(cancelled)
    expect(await jobRow(id)).toMatchObject({ status })
    await api('DELETE', `/queue/jobs/${id}`)
  }
})

it('after a concurrent cancel and claim, the job is either cancelled or running', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const { id } = await createOne(`race/claim-${round}.mp4`)
    const [cancel, assignment] = await Promise.all([
      api('POST', `/queue/jobs/${id}/cancel`),
      claimJob(),
    ])
    expect([200, 400]).toContain(cancel.status)
    expect(assignment?.jobId).toBe(cancel.status === 200 ? undefined : id)
    expect(await jobRow(id)).toMatchObject({
      status: cancel.status === 200 ? 'cancelled' : 'running',
    })
    await api('DELETE', `/queue/jobs/${id}`)
  }
})

it('the counters equal the numbers of rows after these requests', async () => {
  const { stored, counted } = await readCounters()
  expect(stored).toEqual(counted)
})
