/** The API reference and the player page in Chromium. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import axe from 'axe-core'
import type { Browser, Frame, Page } from 'puppeteer-core'
import { afterAll, expect } from 'vitest'
import { waitForEnds } from '../fixtures/events.ts'
import { makeClip } from '../fixtures/media.ts'
import { API_KEY } from '../fixtures/system.ts'
import { systemTest } from '../fixtures/systemTest.ts'
import { startBrowser } from './player.ts'

/** A server of another site. Its two names are two origins. */
const site = createServer((request, response) => {
  const source = new URL(request.url!, 'http://site').searchParams.get('frame')
  response.setHeader('Content-Type', 'text/html')
  response.end(
    `<!doctype html><title>Site</title><link rel="icon" href="data:,"><iframe src="${source}" width="640" height="400" allow="autoplay"></iframe>`,
  )
})
await once(site.listen(0), 'listening')
afterAll(() => void site.close())
const { port } = site.address() as AddressInfo
// Chromium lets no page of another network show a page of this machine, so no made-up name is used.
const ALLOWED = `http://localhost:${port}`
const REFUSED = `http://127.0.0.1:${port}`

const test = systemTest({ env: { EMBED_ORIGINS: ALLOWED } }).extend(
  'browser',
  { scope: 'file' },
  async ({}, { onCleanup }) => {
    const browser = await startBrowser()
    onCleanup(() => browser.close())
    return browser
  },
)

/** Opens a page, and records the hosts of its requests and what its policy forbids. */
async function openPage(browser: Browser) {
  const page = await browser.newPage()
  page.setDefaultTimeout(120_000)
  const hosts = new Set<string>()
  const errors: string[] = []
  page.on('request', (request) => hosts.add(new URL(request.url()).host))
  page.on('console', (message) => {
    if (message.type() === 'error') {
      errors.push(message.text())
    }
  })
  page.on('pageerror', (error) => errors.push(String(error)))
  return { page, hosts, errors }
}

async function findViolations(page: Page | Frame, impacts: string[]): Promise<string[]> {
  await page.evaluate(axe.source)
  return page.evaluate(async (wanted) => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run()
    return violations
      .filter(({ impact }) => wanted.includes(impact!))
      .map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes[0]!.html}`)
  }, impacts)
}

test('the API reference lists the operations, and sends requests with a typed key', async ({
  system,
  browser,
}) => {
  const { page, hosts, errors } = await openPage(browser)
  await page.goto(`${system.url}/docs`)
  // All operations are rendered at once, which takes 20 s on a busy machine.
  await page.locator('#operations-jobs-listJobs').setTimeout(90_000).wait()
  const { paths, webhooks } = (await (await fetch(`${system.url}/openapi.json`)).json()) as Record<
    'paths' | 'webhooks',
    Record<string, object>
  >
  const shown = await page.$$eval('.opblock', (blocks) => blocks.length)
  const operations = [...Object.values(paths), ...Object.values(webhooks)].flatMap(Object.keys)
  expect(shown).toBe(operations.length)
  // The fields of an opened operation are those of Swagger UI; some of its lists have no label.
  expect(await findViolations(page, ['critical'])).toEqual([])

  await page.locator('.btn.authorize').click()
  await page.locator('input[aria-label="auth-bearer-value"]').fill(API_KEY)
  await page.locator('.auth-btn-wrapper button[type=submit]').click()
  await page.locator('.btn-done').click()
  await page.locator('#operations-jobs-listJobs .opblock-summary-control').click()
  await page.locator('#operations-jobs-listJobs .try-out__btn').click()
  await page.locator('#operations-jobs-listJobs .execute').click()
  await page.locator('#operations-jobs-listJobs .live-responses-table .response-col_status').wait()
  const response = await page.$eval(
    '#operations-jobs-listJobs .live-responses-table',
    (table) => table.textContent,
  )
  expect(response).toContain('"jobs": []')
  expect(await page.evaluate(() => [localStorage.length, sessionStorage.length])).toEqual([0, 0])

  expect([...hosts].filter((host) => host !== new URL(system.url).host && host !== '')).toEqual([])
  expect(errors).toEqual([])
  await page.close()
})

interface Recorded {
  hasShownProgress?: boolean
}

/** Runs in each frame before its scripts. The progress may be shown for less than a second. */
function recordProgress(): void {
  new MutationObserver(() => {
    if (document.querySelector('progress')) {
      ;(globalThis as Recorded).hasShownProgress = true
    }
  }).observe(document, { childList: true, subtree: true })
}

/** Opens a page of another site with a player in a frame. */
async function openSite(browser: Browser, origin: string, source: string) {
  const opened = await openPage(browser)
  await opened.page.evaluateOnNewDocument(recordProgress)
  await opened.page.goto(`${origin}/?frame=${encodeURIComponent(source)}`)
  const element = await opened.page.waitForSelector('iframe')
  return { ...opened, frame: (await element!.contentFrame())! }
}

test('a page of an allowed origin shows the progress of a stream, and then plays it', async ({
  system,
  events,
  browser,
}) => {
  const path = 'videos/embedded.mp4'
  await system.client.put(path, makeClip({ seconds: 12, crf: 40 }))
  const [sprite] = await system.client.createJobs(path, ['t_sprite'])
  await waitForEnds(events, [sprite!.id])
  // The player requests the variant, as a visitor.
  const source = `${system.url}/embed/f_hls,lad_144,sd_2/${path}?autoplay=true`
  const { page, frame, errors } = await openSite(browser, ALLOWED, source)
  await frame.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 1)
  expect(await frame.evaluate(() => (globalThis as Recorded).hasShownProgress)).toBe(true)
  await frame.waitForSelector('.storyboard input')
  await frame.hover('.storyboard input')
  await frame.waitForSelector('.preview:not([hidden])')
  expect(await findViolations(frame, ['critical', 'serious'])).toEqual([])
  expect(errors).toEqual([])
  await page.close()
})

test('a page of another origin shows no player, and the player says what is wrong', async ({
  system,
  browser,
}) => {
  const source = `${system.url}/embed/w_100/videos/none.mp4`
  const refused = await openSite(browser, REFUSED, source)
  expect(refused.errors.join()).toContain('frame-ancestors')
  await refused.page.close()

  const { page, frame } = await openSite(browser, ALLOWED, source)
  await frame.waitForSelector('[role=alert]::-p-text(There is no file)')
  await page.close()
})
