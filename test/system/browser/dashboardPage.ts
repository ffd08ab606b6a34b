/** Opens the dashboard in Chromium, and checks its pages. */
import axe from 'axe-core'
import type { ElementHandle, Page } from 'puppeteer-core'
import { join } from 'node:path'
import { expect } from 'vitest'
import { API_KEY } from '../fixtures/system.ts'
import { startBrowser } from './player.ts'

/** A folder for screenshots of the pages. */
const SCREENSHOTS = process.env['SCREENSHOTS']

export async function openDashboard() {
  const browser = await startBrowser()
  const page = await browser.newPage()
  page.setDefaultTimeout(120_000)
  await page.setViewport({ width: 1100, height: 760 })
  return { page, close: () => browser.close() }
}

export async function signIn(page: Page, key = API_KEY): Promise<void> {
  await page.locator('input[type=password]').fill(key)
  await page.keyboard.press('Enter')
}

/** Opens a page of the dashboard and signs in. @param heading of the page */
export async function openPage(url: string, heading: string, key = API_KEY) {
  const opened = await openDashboard()
  await opened.page.goto(url)
  await signIn(opened.page, key)
  await opened.page.locator(`h1::-p-text(${heading})`).wait()
  return opened
}

/** Expects no finding of axe-core, and takes a screenshot if they are wanted. */
export async function checkPage(page: Page, name: string): Promise<void> {
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

export function click(page: Page, selector: string): Promise<void> {
  return page.locator(selector).click()
}

/**
 * A selector for a text does not notice that a text has changed in place.
 *
 * @throws Error with the text of the page, if it does not contain the text in time
 */
export async function waitForText(page: Page, text: string): Promise<void> {
  try {
    await page.waitForFunction(
      (expected) => document.body.textContent!.includes(expected),
      { polling: 50, timeout: 120_000 },
      text,
    )
  } catch (error) {
    const shown = await page.evaluate(() => document.querySelector('main')?.innerText ?? '')
    const line = shown.replaceAll(/\s+/g, ' ')
    throw new Error(`The page does not have the text "${text}": ${line}`, { cause: error })
  }
}

/** Waits until the list of jobs has this number of rows. */
export async function waitForRows(page: Page, count: number): Promise<void> {
  await page.waitForFunction(
    (expected) => document.querySelectorAll('tbody tr').length === expected,
    { polling: 50 },
    count,
  )
}

export async function goTo(page: Page, link: string): Promise<void> {
  await page.locator(`nav a::-p-text(${link})`).click()
  await page.locator(`h1::-p-text(${link})`).wait()
}

export async function chooseFile(page: Page, path: string): Promise<void> {
  const chooser = (await page.waitForSelector(
    'input[type=file]',
  )) as ElementHandle<HTMLInputElement>
  await chooser.uploadFile(path)
}
