/** Uppy's S3 plugin in Chromium sends a file straight to a bucket, with URLs that the service signs. */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import type { Page } from 'puppeteer-core'
import { afterAll, expect } from 'vitest'
import { createClient } from '../../../src/client/index.ts'
import { padClip } from '../fixtures/media.ts'
import { startS3Server } from '../fixtures/s3Server.ts'
import { API_KEY } from '../fixtures/system.ts'
import { systemTest } from '../fixtures/systemTest.ts'
import { startBrowser } from './player.ts'
import { buildSite, startUpload } from './uppySite.ts'

const PART = 5 * 1024 ** 2

const showPage = await buildSite('uppyS3Page.ts')
const service = { url: '' }
const s3 = await startS3Server()
/** A site of another origin. Its server adds the API key to what Uppy asks for. */
const site = createServer((request, response) => void respond(request, response))
await once(site.listen(0), 'listening')
const ORIGIN = `http://localhost:${(site.address() as AddressInfo).port}`
afterAll(async () => {
  site.close()
  await s3.close()
})

async function respond(request: IncomingMessage, response: ServerResponse) {
  const path = /^\/uploads\/s3\/multipart(\/[^?]*)?/.exec(request.url!)
  if (path) {
    const answer = await passOn(request, path[1] ?? '')
    response.writeHead(answer.status, { 'Content-Type': 'application/json' })
    response.end(JSON.stringify(answer.body))
    return
  }
  showPage(request, response)
}

/** The server of the guide: the requests of Uppy as those of the service. */
async function passOn(request: IncomingMessage, path: string) {
  if (request.method === 'POST' && path === '') {
    const { filename, metadata } = (await json(request)) as {
      filename: string
      metadata: { size: number }
    }
    const key = `direct/${filename.replace(/^.*-/, '')}`
    const answer = await call('POST', '', { filePath: key, directSize: metadata.size })
    return { ...answer, body: { ...answer.body, key } }
  }
  if (request.method === 'POST') {
    const { parts } = (await json(request)) as { parts: { PartNumber: number; ETag: string }[] }
    const named = parts.map(({ PartNumber, ETag }) => ({ partNumber: PartNumber, etag: ETag }))
    return call('POST', path, { parts: named })
  }
  return call(request.method!, /\/\d+$/.test(path) ? `${path}/url` : path)
}

async function call(method: string, path: string, body?: object) {
  const response = await fetch(`${service.url}/uploads${path}`, {
    method,
    headers: { Authorization: `Bearer ${API_KEY}`, 'Content-Type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as object }
}

const test = systemTest({
  runners: 0,
  env: { CORS_ORIGINS: ORIGIN, DIRECT_UPLOADS: JSON.stringify(s3.bucket) },
}).extend('page', async ({}, { onCleanup }) => {
  const browser = await startBrowser()
  onCleanup(() => browser.close())
  return browser.newPage()
})

/** Uploads a file with the input of the page. Returns what the page says of it. */
async function upload(page: Page, path: string): Promise<string | null> {
  await page.goto(ORIGIN)
  const uploads = await startUpload(page, path)
  await page.waitForFunction(({ outcome }) => outcome !== null, { polling: 50 }, uploads)
  return uploads.evaluate(({ outcome }) => outcome)
}

test('part 1 goes to the service, which checks it, and the others to the bucket', async ({
  system,
  page,
}) => {
  service.url = system.url
  const targets: string[] = []
  page.on('request', (request) => {
    if (request.method() === 'PUT') {
      targets.push(new URL(request.url()).origin)
    }
  })
  const bucketOrigin = new URL(s3.bucket.endpoint).origin

  const film = padClip(2 * PART + 1_000)
  const filmPath = join(system.stateDir, 'film.mp4')
  writeFileSync(filmPath, film)
  expect(await upload(page, filmPath)).toBe('stored')
  expect(targets.splice(0)).toEqual([system.url, bucketOrigin, bucketOrigin])
  expect(Buffer.compare((await s3.read('direct/film.mp4'))!, film)).toBe(0)

  const textPath = join(system.stateDir, 'text.mp4')
  writeFileSync(textPath, Buffer.alloc(1_000, 'text'))
  expect(await upload(page, textPath)).not.toBe('stored')
  expect(new Set(targets)).toEqual(new Set([system.url]))
  expect(await s3.read('direct/text.mp4')).toBeNull()
})

test('the client sends the parts of a large file to the bucket too', async ({ system }) => {
  const client = createClient({ url: system.url, apiKey: API_KEY })
  const film = padClip(4 * PART)
  const stored = await client.files.upload('direct/client.mp4', film, { direct: true })
  expect(stored).toMatchObject({ filePath: 'direct/client.mp4', size: film.length })
  expect(Buffer.compare((await s3.read('direct/client.mp4'))!, film)).toBe(0)
})
