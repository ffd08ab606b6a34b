import { expect } from 'vitest'
import { ApiError } from '../../../scripts/client.ts'
import { waitForEnds } from '../fixtures/events.ts'
import { makeClip } from '../fixtures/media.ts'
import { systemTest } from '../fixtures/systemTest.ts'

const test = systemTest()

async function expectApiError(request: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await request.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof ApiError)) {
    throw new Error(`The API returned no error: ${String(error)}`)
  }
  return error
}

test('an empty file is rejected', async ({ system }) => {
  const { status, message } = await expectApiError(system.client.put('videos/empty.mp4', ''))
  expect([400, 411, 415]).toContain(status)
  expect(message).toMatch(/empty|body|length/i)
})

test('a text file named .mp4 is rejected and not stored', async ({ system }) => {
  const { status, code } = await expectApiError(
    system.client.put('videos/notes.mp4', 'Not a video at all.\n'.repeat(500)),
  )
  expect(status).toBe(415)
  expect(code).toBe('content_mismatch')
  const missing = await expectApiError(system.client.createJobs('videos/notes.mp4', ['w_640']))
  expect(missing.status).toBe(404)
})

test('a truncated video fails with a readable message, and the next job completes', async ({
  system,
  events,
}) => {
  const whole = makeClip()
  await system.client.put('videos/truncated.mp4', whole.slice(0, whole.length / 2))
  await system.client.put('videos/whole.mp4', whole)
  const [truncated] = await system.client.createJobs('videos/truncated.mp4', ['w_320'])
  const [next] = await system.client.createJobs('videos/whole.mp4', ['w_320'])

  const [failed, completed] = await waitForEnds(events, [truncated!.id, next!.id])
  expect(failed!.type).toBe('job:error')
  expect(completed!.type).toBe('job:completed')

  const job = await system.client.job(truncated!.id)
  expect(job).toMatchObject({ status: 'error', errorCode: 'input_invalid', attempt: 1 })
  expect(job.error).toBe(failed!.data.error)
  expect(job.error).toMatch(/^[A-Z].{15,}/)
  // The message must not reveal folders, addresses or stack traces of the runner.
  expect(job.error).not.toMatch(/\/tmp|127\.0\.0\.1|\bat .*:\d+/)

  const response = await expectApiError(system.client.request('/t/w_320/videos/truncated.mp4'))
  expect(response.status).toBe(422)
})
