/** The receivers of the guide for webhooks accept what is signed, and nothing else. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Webhook } from 'standardwebhooks'
import { expect, it, onTestFinished } from 'vitest'

const ROOT = join(import.meta.dirname, '../../..')
const SECRET = `whsec_${btoa('a secret of the tests, 32 bytes.')}`
const guide = readFileSync(join(ROOT, 'docs/guides/webhooks.md'), 'utf8')

/** Writes the code of a section to a file that can import the packages of this project. */
function extract(heading: string): string {
  const section = guide.split(/^#{2,3} /m).find((part) => part.startsWith(`${heading}\n`))
  const folder = mkdtempSync(join(ROOT, 'node_modules', '.receiver-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'receiver.mjs')
  writeFileSync(file, /```js\n(.*?)```/s.exec(section!)![1]!)
  return file
}

function sign(sequence: number, { at = new Date(), secret = SECRET } = {}) {
  const data = { sequence, jobId: 'job_1', status: 'completed' }
  const body = JSON.stringify({ type: 'job.completed', timestamp: at.toISOString(), data })
  const id = `evt_${sequence}`
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, at, body),
  }
  return { method: 'POST', headers, body }
}
const OTHER_SECRET = `whsec_${btoa('another secret, also of 32 bytes')}`
const REFUSED = {
  'another secret': sign(9, { secret: OTHER_SECRET }),
  'an old time': sign(9, { at: new Date(Date.now() - 600_000) }),
  'a changed body': { ...sign(9), body: sign(8).body },
  'no signature': { method: 'POST', headers: {}, body: sign(9).body },
}

it('Node.js: answers 204, and does the work once for each job and sequence', async () => {
  const env = { ...process.env, WEBHOOK_SECRET: SECRET, PORT: '0' }
  const receiver = spawn(process.execPath, [extract('Node.js')], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void receiver.kill())
  const lines: string[] = []
  const output = createInterface(receiver.stdout)
  const [first] = (await once(output, 'line')) as [string]
  output.on('line', (line) => lines.push(line))
  const send = async (message: RequestInit) =>
    (await fetch(`http://127.0.0.1:${first.replace('Port ', '')}/`, message)).status
  for (const [name, message] of Object.entries(REFUSED)) {
    expect([name, await send(message)]).toEqual([name, 401])
  }
  for (const sequence of [5, 5, 4, 6]) {
    expect(await send(sign(sequence))).toBe(204)
  }
  receiver.kill()
  await once(output, 'close')
  expect(lines).toEqual(Array(2).fill('job.completed job_1 completed'))
})

it('Workers: puts the message into a queue before it answers', async () => {
  interface Receiver {
    fetch: (request: Request, env: object) => Promise<Response>
  }
  const module = (await import(extract('Cloudflare Workers'))) as { default: Receiver }
  const sent: unknown[] = []
  const env = { WEBHOOK_SECRET: SECRET, MESSAGES: { send: async (one: unknown) => sent.push(one) } }
  const send = (message: RequestInit) =>
    module.default.fetch(new Request('https://example.com/hooks', message), env)
  for (const [name, message] of Object.entries(REFUSED)) {
    expect([name, (await send(message)).status]).toEqual([name, 401])
  }
  expect(sent).toEqual([])
  expect((await send(sign(5))).status).toBe(204)
  expect(sent).toMatchObject([{ id: 'evt_5', type: 'job.completed', data: { sequence: 5 } }])
  const failing = {
    ...env,
    MESSAGES: { send: () => Promise.reject(new Error('the queue is full')) },
  }
  const request = new Request('https://example.com/hooks', sign(6))
  await expect(module.default.fetch(request, failing)).rejects.toThrow('the queue is full')
})
