/** The list of jobs in Chromium, while no runner takes them. */
import { expect } from 'vitest'
import type { Client } from '../../../scripts/client.ts'
import type { Job } from '../../../src/contract/job.ts'
import { makeClip } from '../fixtures/media.ts'
import { checkPage, click, signIn, waitForRows, waitForText } from './dashboardPage.ts'
import { dashboardTest } from './dashboardTest.ts'
import { startTcpProxy } from './tcpProxy.ts'

const test = dashboardTest('/', 'Jobs')

const FOLDER_JOBS = 55

test.beforeAll(async ({ system: { client } }) => {
  const clip = makeClip({ seconds: 1 })
  await client.put('archive/old.mp4', clip)
  await client.put('videos/clip.mp4', clip)
  await client.createJobs('archive/old.mp4', ['w_100', 'w_102', 'w_104'])
  const names = Array.from({ length: FOLDER_JOBS }, (_, index) => `w_${200 + index * 2}`)
  for (let from = 0; from < names.length; from += 10) {
    await client.createJobs('videos/clip.mp4', names.slice(from, from + 10))
  }
})

async function listJobs(client: Client, query: string): Promise<Job[]> {
  const response = await client.request(`/queue/jobs?limit=500&${query}`)
  return ((await response.json()) as { jobs: Job[] }).jobs
}

test('filters and pages are in the address of the list', async ({ system, page }) => {
  await waitForRows(page, 50)
  await click(page, '.pager a::-p-text(Older)')
  await waitForRows(page, FOLDER_JOBS + 3 - 50)
  await page.reload()
  await waitForRows(page, FOLDER_JOBS + 3 - 50)
  await click(page, '.pager a::-p-text(Newest)')
  await waitForRows(page, 50)

  await page.locator('[name=path]').fill('archive')
  await page.keyboard.press('Enter')
  await waitForRows(page, 3)
  expect(page.url()).toBe(`${system.url}/#/jobs?path=archive`)
  await page.locator('[name=createdBefore]').fill('2026-01-01T00:00')
  await waitForText(page, 'No jobs match here')
  await click(page, 'a::-p-text(Clear filters)')
  await waitForRows(page, 50)
})

test('an action on all jobs that match counts them first, and changes no others', async ({
  system,
  page,
}) => {
  // A new page: in the one at hand, the rows of the list without filters stay until those with filters are loaded.
  await page.goto('about:blank')
  await page.goto(`${system.url}/#/jobs?path=videos%2Fclip.mp4&status=pending`)
  await waitForRows(page, 50)
  await click(page, 'button::-p-text(Select all that match)')
  expect(await page.$eval('.actions button', (button) => button.disabled), 'retry').toBe(true)
  await click(page, '.toolbar button::-p-text(Cancel)')
  await waitForText(page, `Cancel: ${FOLDER_JOBS} jobs`)
  await checkPage(page, 'batch')
  expect(await listJobs(system.client, 'status=cancelled')).toEqual([])
  await click(page, `dialog button::-p-text(Cancel ${FOLDER_JOBS} jobs)`)
  await waitForText(page, `${FOLDER_JOBS} jobs were cancelled.`)
  expect(await listJobs(system.client, 'status=cancelled')).toHaveLength(FOLDER_JOBS)

  await page.goto(`${system.url}/#/jobs?path=archive`)
  await waitForRows(page, 3)
  await click(page, 'tbody tr:nth-child(1) input')
  await click(page, 'tbody tr:nth-child(2) input')
  await click(page, '.toolbar button::-p-text(Priority)')
  // Before the jobs are counted, the dialog can be rendered again while the field is filled.
  await page.locator('dialog button::-p-text(Priority 2 jobs)').wait()
  await page.locator('[name=priority]').fill('7')
  await click(page, 'dialog button::-p-text(Priority 2 jobs)')
  await waitForText(page, '2 jobs were given the new priority.')
  const pending = await listJobs(system.client, 'status=pending')
  expect(pending.map(({ priority }) => priority)).toEqual([7, 7, 2])
})

test('a list whose stream was cut shows what it missed', async ({ system, page }) => {
  const proxy = await startTcpProxy(system.url)
  try {
    await page.goto(`${proxy.url}/#/jobs?path=archive`)
    await signIn(page)
    await waitForRows(page, 3)
    proxy.cut()
    await waitForText(page, 'Connecting again')
    await system.client.createJobs('archive/old.mp4', ['w_106'])
    proxy.restore()
    await waitForRows(page, 4)
    await page.waitForFunction(() => document.querySelector('.live')!.textContent === '')
    await page.setOfflineMode(true)
    await waitForText(page, 'You are offline')
    await page.setOfflineMode(false)
    await page.waitForFunction(() => !document.body.textContent!.includes('You are offline'))
  } finally {
    proxy.close()
  }
})

test('two tabs show the same changes, and sign out together', async ({ system, page }) => {
  await page.goto(`${system.url}/#/jobs?path=archive&status=pending`)
  await waitForRows(page, 4)
  const other = await page.browser().newPage()
  await other.goto(`${system.url}/#/jobs?path=archive&status=pending`)
  await waitForRows(other, 4)
  await click(other, 'tbody tr:nth-child(1) input')
  await click(other, '.toolbar button::-p-text(Cancel)')
  await click(other, 'dialog button::-p-text(Cancel 1 job)')
  await waitForRows(page, 3)
  await click(other, 'header button::-p-text(Sign out)')
  await page.bringToFront()
  await page.locator('input[type=password]').wait()
  await other.close()
  await signIn(page)
  await waitForRows(page, 3)
})

test('the pages fit a narrow, dark screen', async ({ system, page }) => {
  await page.setViewport({ width: 360, height: 740 })
  await page.locator('[name=theme]').fill('dark')
  await page.reload()
  await page.locator('h1').wait()
  const background = await page.evaluate(
    () => getComputedStyle(document.documentElement).backgroundColor,
  )
  expect(background).toBe('rgb(18, 20, 28)')
  const [job] = await listJobs(system.client, 'status=pending')
  for (const path of [
    'jobs',
    `jobs/${job!.id}`,
    'overview',
    'submit',
    'queues',
    'rules',
    'webhooks',
    'keys',
  ]) {
    await page.goto(`${system.url}/#/${path}`)
    await page.locator('h1').wait()
    await page.waitForFunction(() => !document.body.textContent!.includes('Loading …'))
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    expect(overflow, path).toBe(0)
    await checkPage(page, `narrow-${path.split('/').join('-').slice(0, 8)}`)
  }
})
