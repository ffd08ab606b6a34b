/** Uploads and presets of the dashboard in Chromium. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'puppeteer-core'
import { expect } from 'vitest'
import { makeClip } from '../fixtures/media.ts'
import { chooseFile, click, waitForText } from './dashboardPage.ts'
import { dashboardTest } from './dashboardTest.ts'

const test = dashboardTest('/#/submit', 'Submit')

const MIB = 1024 * 1024
/** The dashboard sends parts of 8 MiB, so the third one is short. */
const SIZE = 17 * MIB

/** Records the numbers of the parts that the page sends, and loses the third one until `resumed` is set. */
function watchParts(): void {
  globalThis.XMLHttpRequest = class extends XMLHttpRequest {
    #part = ''
    override open(method: string, url: string): void {
      this.#part = /^\/uploads\/\w+\/(\d+)$/.exec(url)?.[1] ?? ''
      super.open(method, url)
    }
    override send(body?: XMLHttpRequestBodyInit): void {
      localStorage.setItem('sent', `${localStorage.getItem('sent') ?? ''}${this.#part}`)
      if (this.#part !== '3' || localStorage.getItem('resumed')) {
        super.send(body)
      }
    }
  }
}

async function submitFile(page: Page, path: string): Promise<void> {
  await chooseFile(page, path)
  await page.locator('button.primary').click()
}

test('an upload continues after a reload when its file is chosen again', async ({
  system,
  page,
}) => {
  const path = join(system.stateDir, 'film.mp4')
  const content = new Uint8Array(SIZE)
  content.set(makeClip({ seconds: 1 }))
  writeFileSync(path, content)
  const readSent = () => page.evaluate(() => localStorage.getItem('sent'))

  await page.evaluateOnNewDocument(watchParts)
  await page.reload()
  // The page counts what it has sent, which the service may not have stored yet.
  const stored = [1, 2].map((part) =>
    page.waitForResponse((response) => response.ok() && response.url().endsWith(`/${part}`)),
  )
  await submitFile(page, path)
  await Promise.all(stored)
  await waitForText(page, '16.8 MB of 17.8 MB')
  expect(await readSent()).toBe('123')

  await page.reload()
  await waitForText(page, 'Interrupted uploads')
  await waitForText(page, '16.8 MB of 17.8 MB')
  await page.evaluate(() => {
    localStorage.setItem('sent', '')
    localStorage.setItem('resumed', 'true')
  })
  await submitFile(page, path)
  await waitForText(page, 'in queue default')
  expect(await readSent()).toBe('3')
  const original = await (await system.client.request('/t/videos/film.mp4')).arrayBuffer()
  expect(Buffer.from(original).equals(content)).toBe(true)

  await page.goto(`${system.url}/#/submit`)
  await page.locator('[name=width]').wait()
  expect(await page.$('.kept')).toBe(null)
})

test('settings are saved as a preset, and chosen for a job', async ({ system, page }) => {
  await page.locator('[name=width]').fill('320')
  await page.locator('[name=preset-name]').fill('card')
  await page.locator('button::-p-text(Save preset)').click()
  await waitForText(page, 'Saved “card” as w_320')
  await page.reload()
  await page.locator('[name=preset]').fill('card')
  await page.locator('[name=quality]').fill('50')
  await waitForText(page, `${system.url}/t/w_320,q_50/videos/clip.mp4`)
  await waitForText(page, '"transformations":[{"preset":"card","quality":50}]')
  await page.locator('[name=width]').fill('1')
  await waitForText(page, 'w must be')
})

test('a text is copied, or selected where the page has no clipboard', async ({ system, page }) => {
  const copyUrl = '[aria-label="Copy: URL of the variant"]'
  await page.goto('about:blank')
  await page.goto(`${system.url}/#/submit`)
  const context = page.browserContext()
  await context.overridePermissions(system.url, ['clipboard-read', 'clipboard-sanitized-write'])
  await page.locator('[name=width]').wait()
  await click(page, copyUrl)
  await waitForText(page, 'Copied')
  const url = await page.evaluate(() => navigator.clipboard.readText())
  expect(url).toMatch(/^http.*clip\.mp4$/)

  // As on a page without TLS.
  await page.evaluate(() =>
    Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true }),
  )
  await click(page, '[aria-label="Copy: The same job with curl"]')
  await waitForText(page, 'The text is selected: press Ctrl+C or ⌘C.')
  const selected = await page.evaluate(() => getSelection()!.toString())
  expect(selected).toMatch(/^curl -X POST .*queue\/jobs$/)
  await context.clearPermissionOverrides()
})
