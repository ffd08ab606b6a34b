/**
 * A large upload keeps the Worker of `npm start` busy. The size can be set, to test larger files by
 * hand: `LARGE_UPLOAD_MIB=1024 npm run test:e2e -- largeUpload`.
 */
import { once } from 'node:events'
import { request } from 'node:http'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'vitest'
import { waitUntilUnresponsive } from '../../../scripts/start/worker.ts'
import { makeClip } from '../fixtures/media.ts'
import { API_KEY, type System } from '../fixtures/system.ts'
import { systemTest } from '../fixtures/systemTest.ts'
import { findWorkerProcess } from '../fixtures/workerProcess.ts'

const MIB = 1024 ** 2
const SIZE_MIB = Number(process.env['LARGE_UPLOAD_MIB'] ?? 256)
/** Longer than several intervals of the scaled health check. */
const FREEZE_MS = 2_000
const SCALED_CHECK = { intervalMs: 50, maxRefusals: 4, maxSilenceMs: 20_000 }

const test = systemTest({ runners: 0 })

/** Yields a clip, and zeros up to SIZE_MIB. Freezes the Worker when half of it is sent. */
async function* generateFile(system: System) {
  const first = Buffer.alloc(MIB)
  first.set(makeClip())
  yield first
  const zeros = Buffer.alloc(MIB)
  for (let sent = 1; sent < SIZE_MIB; sent++) {
    if (sent === Math.floor(SIZE_MIB / 2)) {
      const worker = findWorkerProcess(system)
      process.kill(worker, 'SIGSTOP')
      await delay(FREEZE_MS)
      process.kill(worker, 'SIGCONT')
    }
    yield zeros
  }
}

/** Uploads a stream with its size, which `fetch` cannot. Returns the status and the body. */
async function upload(url: string, content: Readable, sizeBytes: number) {
  const put = request(url, {
    method: 'PUT',
    headers: { Authorization: `Bearer ${API_KEY}`, 'Content-Length': sizeBytes },
  })
  const responded = once(put, 'response')
  content.pipe(put)
  const [response] = await responded
  const body = await new Response(Readable.toWeb(response) as ReadableStream).json()
  return { status: response.statusCode, body }
}

test('the Worker is not restarted if it freezes for two seconds during a large upload', async ({
  system,
}) => {
  const checks = new AbortController()
  let isUnresponsive = false
  const checking = waitUntilUnresponsive(system, checks.signal, SCALED_CHECK).then(() => {
    isUnresponsive = !checks.signal.aborted
  })
  const worker = findWorkerProcess(system)
  const sizeBytes = SIZE_MIB * MIB
  const file = Readable.from(generateFile(system), { objectMode: false })
  const stored = await upload(`${system.url}/files/videos/large.mp4`, file, sizeBytes)
  checks.abort()
  await checking
  expect(stored).toMatchObject({ status: 201, body: { size: sizeBytes } })
  expect(isUnresponsive).toBe(false)
  expect(system.output()).not.toContain('Restarting')
  expect(findWorkerProcess(system)).toBe(worker)
  const head = await fetch(`${system.url}/t/videos/large.mp4`, { method: 'HEAD' })
  expect(head.headers.get('Content-Length')).toBe(String(sizeBytes))
}, 180_000)
