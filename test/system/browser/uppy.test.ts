/** A resumable upload with Uppy in Chromium, whose page is reloaded in the middle of it. */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, expect } from 'vitest'
import { padClip } from '../fixtures/media.ts'
import { systemTest } from '../fixtures/systemTest.ts'
import { startBrowser } from './player.ts'
import { buildSite, startUpload } from './uppySite.ts'

const MIB = 1024 ** 2
const SIZE = 12 * MIB

/** A site of another origin, which may call the service. */
const site = createServer(await buildSite('uppyPage.ts'))
await once(site.listen(0), 'listening')
afterAll(() => void site.close())
const ORIGIN = `http://localhost:${(site.address() as AddressInfo).port}`

const test = systemTest({ runners: 0, env: { CORS_ORIGINS: ORIGIN } }).extend(
  'page',
  async ({}, { onCleanup }) => {
    const browser = await startBrowser()
    onCleanup(() => browser.close())
    return browser.newPage()
  },
)

/** Reads how many bytes the service has stored. */
async function readOffset(uploadUrl: string): Promise<string | null> {
  const headers = { 'Tus-Resumable': '1.0.0' }
  const response = await fetch(uploadUrl, { method: 'HEAD', headers })
  return response.headers.get('Upload-Offset')
}

test('a visitor continues an upload after a reload, with the signed URL of the first page', async ({
  system,
  page,
}) => {
  const file = padClip(SIZE)
  const path = join(system.stateDir, 'visitor.mp4')
  writeFileSync(path, file)
  const signing = await system.client.request('/signed-urls', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ method: 'PUT', path: 'visitors/1.mp4', expiresInSeconds: 600 }),
  })
  const { url: signedUrl } = (await signing.json()) as { url: string }
  const query = new URLSearchParams({ endpoint: `${system.url}/tus`, signedUrl })
  const sent: string[] = []
  let uploadUrl = ''
  page.on('request', (request) => {
    if (request.method() === 'PATCH') {
      uploadUrl = request.url()
    }
    if (request.url().startsWith(`${system.url}/tus`) && request.method() !== 'OPTIONS') {
      sent.push(`${request.method()} ${request.headers()['upload-offset'] ?? ''}`.trim())
    }
  })

  await page.goto(`${ORIGIN}/?${query}`)
  await page.emulateNetworkConditions({ upload: 1.5 * MIB, download: 3 * MIB, latency: 0 })
  const first = await startUpload(page, path)
  await page.waitForFunction(
    ({ sentBytes }, wanted) => sentBytes > wanted,
    { polling: 20 },
    first,
    7.5 * MIB,
  )
  // The page counts what it has sent, and the service may not have stored it yet. It stores parts of 5 MiB.
  await expect.poll(() => readOffset(uploadUrl), { timeout: 20_000 }).toBe(`${5 * MIB}`)
  // The line becomes fast after the reload, which must find the upload unfinished.
  await page.reload()
  await page.emulateNetworkConditions(null)

  const second = await startUpload(page, path)
  await page.waitForFunction(({ outcome }) => outcome !== null, { polling: 50 }, second)
  expect(await second.evaluate(({ outcome }) => outcome)).toBe('stored')
  const stored = await (await system.client.request('/t/visitors/1.mp4')).bytes()
  expect(Buffer.compare(stored, file)).toBe(0)
  expect(sent.slice(0, 3)).toEqual(['POST', 'PATCH 0', 'HEAD'])
  const resumed = Number(/^PATCH (\d+)$/.exec(sent.at(-1)!)![1])
  // More than one part was kept, and the rest of it is not a whole one.
  expect(resumed).toBeGreaterThan(5 * MIB)
  expect(resumed).toBeLessThan(SIZE)
})
