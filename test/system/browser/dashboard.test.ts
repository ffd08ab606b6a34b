/** The dashboard in Chromium: what an operator does, and what axe-core finds on each page. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect } from 'vitest'
import { makeClip } from '../fixtures/media.ts'
import { systemTest } from '../fixtures/systemTest.ts'
import {
  checkPage,
  chooseFile,
  goTo,
  openDashboard,
  signIn,
  waitForRows,
  waitForText,
} from './dashboardPage.ts'

const MAX_FIRST_LOAD_BYTES = 80_000

const test = systemTest().extend('page', { scope: 'file' }, async ({}, { onCleanup }) => {
  const { page, close } = await openDashboard()
  onCleanup(close)
  return page
})

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
  await signIn(page)
  await waitForText(page, 'No jobs here')
  expect(await page.evaluate(() => `${document.cookie}${location.href}`)).toBe(`${system.url}/`)

  await goTo(page, 'Submit')
  const file = join(system.stateDir, 'clip.mp4')
  writeFileSync(file, makeClip({ seconds: 2 }))
  await chooseFile(page, file)
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

  const [storyboard] = await system.client.createJobs('videos/clip.mp4', ['t_sprite'])
  await page.goto(`${system.url}/#/jobs/${storyboard!.id}`)
  await page.locator('.storyboard input').hover()
  await page.locator('.storyboard .preview:not([hidden])').wait()

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
  await waitForText(page, '3 completed')
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
  await waitForRows(page, 3)
  await page.locator('thead input').click()
  await page.locator('.toolbar button::-p-text(Cancel)').click()
  await page.locator('dialog button::-p-text(Cancel 3 jobs)').click()
  await waitForText(page, '3 jobs were cancelled.')
  await waitForText(page, 'No jobs match here')
  expect(errors).toEqual([])
})
