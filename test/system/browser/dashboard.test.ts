/** The dashboard in Chromium: what an operator does, and what axe-core finds on each page. */
import axe from 'axe-core'
import type { Page } from 'puppeteer-core'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect } from 'vitest'
import { makeClip } from '../fixtures/media.ts'
import { API_KEY } from '../fixtures/system.ts'
import { systemTest } from '../fixtures/systemTest.ts'
import { startBrowser } from './player.ts'

/** A folder for screenshots of the pages. */
const SCREENSHOTS = process.env['SCREENSHOTS']
const MAX_FIRST_LOAD_BYTES = 80_000

const test = systemTest().extend('page', { scope: 'file' }, async ({}, { onCleanup }) => {
  const browser = await startBrowser()
  onCleanup(() => browser.close())
  const page = await browser.newPage()
  page.setDefaultTimeout(30_000)
  await page.setViewport({ width: 1100, height: 760 })
  return page
})

/** Expects no finding of axe-core, and takes a screenshot if they are wanted. */
async function checkPage(page: Page, name: string): Promise<void> {
  await page.evaluate(axe.source)
  const findings = await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run()
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  })
  expect(findings, name).toEqual([])
  if (SCREENSHOTS !== undefined) {
    await page.screenshot({ path: join(SCREENSHOTS, `dashboard-${name}.png`) })
  }
}

function waitForText(page: Page, text: string) {
  return page.waitForSelector(`::-p-text(${text})`, { timeout: 60_000 })
}
async function goTo(page: Page, link: string): Promise<void> {
  await page.locator(`nav a::-p-text(${link})`).click()
  await page.locator(`h1::-p-text(${link})`).wait()
}

test('an operator signs in, submits a file, watches it, plays it, and manages jobs', async ({
  system,
  page,
}) => {
  const errors: unknown[] = []
  page.on('pageerror', (error) => errors.push(error))
  const loaded: Promise<number>[] = []
  page.on('response', (response) => {
    if (new URL(response.url()).pathname !== '/session') {
      loaded.push(response.buffer().then((content) => gzipSync(content).length))
    }
  })
  await page.goto(`${system.url}/`)
  const input = await page.waitForSelector('input[type=password]')
  const bytes = (await Promise.all(loaded)).reduce((sum, each) => sum + each, 0)
  expect(bytes).toBeGreaterThan(1_000)
  expect(bytes).toBeLessThan(MAX_FIRST_LOAD_BYTES)
  page.removeAllListeners('response')

  await input!.type('rq_wrong')
  await input!.press('Enter')
  await waitForText(page, 'is not valid')
  await checkPage(page, 'sign-in')
  await page.locator('input[type=password]').fill(API_KEY)
  await input!.press('Enter')
  await waitForText(page, 'No jobs here')
  expect(await page.evaluate(() => `${document.cookie}${location.href}`)).toBe(`${system.url}/`)

  await goTo(page, 'Submit')
  const file = join(system.stateDir, 'clip.mp4')
  writeFileSync(file, makeClip({ seconds: 2 }))
  const chooser = await page.waitForSelector('input[type=file]')
  await (chooser as unknown as { uploadFile: (path: string) => Promise<void> }).uploadFile(file)
  await page.locator('[name=width]').fill('120')
  await waitForText(page, '/t/w_120/videos/clip.mp4')
  await checkPage(page, 'submit')
  await page.locator('button.primary').click()
  await page.locator('.status.completed').wait()
  await page.locator('figure:first-child video').wait()
  await page.evaluate(() => {
    const video = document.querySelector('video')!
    video.muted = true
    return video.play()
  })
  await page.waitForFunction(() => document.querySelector('video')!.currentTime > 0.2)
  expect(await page.evaluate(() => document.querySelector('video')!.videoWidth)).toBe(120)
  await waitForText(page, 'Last lines of ffmpeg')
  await checkPage(page, 'job')

  await system.client.put('videos/broken.mp4', makeClip({ seconds: 2 }).subarray(0, 2_000))
  const [failed] = await system.client.createJobs('videos/broken.mp4', ['w_100'])
  await page.goto(`${system.url}/#/jobs/${failed!.id}`)
  await waitForText(page, 'Why it failed')
  await checkPage(page, 'failed')
  await page.locator('button::-p-text(Retry)').click()
  await page.waitForFunction(
    async (id) => {
      const { attempts } = (await (await fetch(`/queue/jobs/${id}/attempts`)).json()) as {
        attempts: unknown[]
      }
      return attempts.length > 1
    },
    { polling: 200 },
    failed!.id,
  )

  await system.client.put('videos/long.mp4', makeClip({ seconds: 4 }))
  const [split] = await system.client.createJobs('videos/long.mp4', ['w_100'], { chunkSeconds: 2 })
  await page.goto(`${system.url}/#/jobs/${split!.id}`)
  await page.locator('summary::-p-text(Chunks: 4 of 4)').click()
  await waitForText(page, 'Video, 0 s to 2 s')
  await checkPage(page, 'chunks')

  await goTo(page, 'Queues')
  await page.locator('button[aria-label="Pause default"]').click()
  await page.locator('button[aria-label="Resume default"]').wait()
  await checkPage(page, 'queues')
  await goTo(page, 'Overview')
  await page.locator('.chart canvas').wait()
  await waitForText(page, '2 completed')
  await checkPage(page, 'overview')

  await goTo(page, 'API keys')
  await page.locator('[name=key-name]').fill('Player')
  await page.locator('label::-p-text(events:read)').click()
  await page.locator('button.primary').click()
  await waitForText(page, 'It is shown only now')
  await page.locator('button[aria-label="Disable Player"]').click()
  await page.locator('button[aria-label="Enable Player"]').wait()
  await checkPage(page, 'keys')

  await goTo(page, 'Jobs')
  await waitForText(page, '0 runners at work')
  // The list shows jobs that are created later.
  await system.client.createJobs('videos/clip.mp4', ['w_140', 'w_160', 'w_180'])
  await page.waitForFunction(() => document.querySelectorAll('td .status.pending').length === 3)
  await checkPage(page, 'jobs')
  await page.locator('[name=status]').fill('pending')
  await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 3)
  await page.locator('thead input').click()
  await page.locator('.toolbar button::-p-text(Cancel)').click()
  await waitForText(page, 'Cancel: 3 of 3 jobs')
  await waitForText(page, 'No jobs here')
  expect(errors).toEqual([])
})
