/** A receiver on this machine gets the messages of `npm start`, and checks their signatures. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import { afterEach, expect, test, vi } from 'vitest'
import { makeClip } from '../fixtures/media.ts'
import { startSystem, type System } from '../fixtures/system.ts'

interface Received {
  headers: Record<string, string>
  body: string
}

const received: Received[] = []
/** Fails the first request. */
const receiver = createServer((request, response) => {
  void text(request).then((body) => {
    received.push({ headers: request.headers as Record<string, string>, body })
    response.writeHead(received.length === 1 ? 503 : 204).end()
  })
})
let system: System | undefined
afterEach(async () => {
  await system?.stop()
  receiver.close()
})

test('a completed job is sent to its receiver, again after a failure, with a valid signature', async () => {
  await once(receiver.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/in`
  system = await startSystem({ env: { WEBHOOK_PRIVATE_ADDRESSES: 'allow' } })
  const { client } = system
  const created = await client.request('/webhooks', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ url, types: ['job.completed'] }),
  })
  const { secret } = (await created.json()) as { secret: string }
  await client.put('videos/sent.mp4', makeClip())
  const [job] = await client.createJobs('videos/sent.mp4', ['t_true,tt_1,w_64'])

  await vi.waitFor(() => expect(received).toHaveLength(2), { timeout: 75_000, interval: 100 })
  const [failed, delivered] = received as [Received, Received]
  const message = new Webhook(secret).verify(delivered.body, delivered.headers)
  expect(message).toMatchObject({
    type: 'job.completed',
    data: { jobId: job!.id, status: 'completed', job: { output: { width: 64 } } },
  })
  expect(failed.body).toBe(delivered.body)
  expect(failed.headers['webhook-id']).toBe(delivered.headers['webhook-id'])
  const changed = delivered.body.replace('completed', 'cancelled')
  expect(() => new Webhook(secret).verify(changed, delivered.headers)).toThrow('signature')
}, 180_000)
