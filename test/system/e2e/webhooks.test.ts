/**
 * A receiver on this machine gets the messages of `npm start` and checks their signatures, while the code of the
 * guide for browsers follows the same file.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
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

/** Runs `followVideo` of the guide with the EventSource of Node.js. Returns what it shows, from the first on. */
async function followInBrowser(url: string) {
  const guide = readFileSync(join(import.meta.dirname, '../../../docs/guides/webhooks.md'), 'utf8')
  const section = guide.split('## 3. Show it in the browser')[1]!
  const folder = mkdtempSync(join(tmpdir(), 'guide-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'page.mjs')
  const code = /```js\n(.*?)```/s.exec(section)![1]!
  const call = `followVideo(process.argv[2], () => 'the stored state', (shown) => console.log(JSON.stringify(shown)))`
  writeFileSync(file, `${code}\n${call}`)
  const page = spawn(process.execPath, ['--experimental-eventsource', file, url], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  onTestFinished(() => void page.kill())
  const shown: unknown[] = []
  const lines = createInterface(page.stdout)
  lines.on('line', (line) => shown.push(JSON.parse(line)))
  const closed = once(page, 'exit')
  await once(lines, 'line')
  return { shown, closed }
}

test('a completed job is sent to its receiver, again after a failure, and a page follows it', async () => {
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
  const token = await client.request('/queue/events/token', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ filePath: 'videos/sent.mp4' }),
  })
  const stream = (await token.json()) as { url: string }
  const page = await followInBrowser(new URL(stream.url, system.url).href)
  const [job] = await client.createJobs('videos/sent.mp4', ['t_true,tt_1,w_64'])

  await vi.waitFor(() => expect(received).toHaveLength(2), { timeout: 75_000, interval: 100 })
  // It closes the stream by itself.
  await page.closed
  expect(page.shown[0]).toBe('the stored state')
  expect(page.shown.at(-1)).toMatchObject({ jobId: job!.id, status: 'completed' })
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
