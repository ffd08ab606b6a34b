/** Imports on the pages of the dashboard in Chromium, with a file server on this machine. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, expect } from 'vitest'
import { makeClip } from '../fixtures/media.ts'
import { click, waitForText } from './dashboardPage.ts'
import { dashboardTest } from './dashboardTest.ts'

const clip = makeClip({ seconds: 1 })
/** Resolves when the server may send the rest of a file. */
const rest = Promise.withResolvers<void>()
const server = createServer((_, response) => {
  response.writeHead(200, { 'Content-Length': clip.length })
  response.write(clip.subarray(0, clip.length / 2))
  void rest.promise.then(() => response.end(clip.subarray(clip.length / 2)))
})
await once(server.listen(0, '127.0.0.1'), 'listening')
const { port } = server.address() as AddressInfo
afterAll(() => void server.close())

const test = dashboardTest('/#/submit', 'Submit', { IMPORT_PRIVATE_ADDRESSES: 'allow' })

test('a file is imported from a URL, and its job waits for it first', async ({ system, page }) => {
  const url = `http://127.0.0.1:${port}/a/my%20film.mp4?token=1`
  await page.locator('input[name=url]').fill(url)
  const source = JSON.stringify({ url, filePath: 'videos/my film.mp4' })
  await waitForText(page, `"source":${source}`)
  await click(page, 'button::-p-text(Import and create jobs)')
  await waitForText(page, 'Waiting for the import of its file.')
  expect(await page.evaluate(() => document.body.textContent)).not.toContain('Waiting for a runner')
  rest.resolve()
  await waitForText(page, 'Waiting for a runner.')
  const stored = await (await system.client.request('/t/videos/my%20film.mp4')).arrayBuffer()
  expect(Buffer.from(stored).equals(Buffer.from(clip))).toBe(true)
})
