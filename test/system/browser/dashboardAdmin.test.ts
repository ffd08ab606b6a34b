/** The pages of queues and API keys in Chromium, while no runner takes jobs. */
import type { Page } from 'puppeteer-core'
import { expect } from 'vitest'
import type { ApiKey, Queue } from '../../../src/client/index.ts'
import { makeClip } from '../fixtures/media.ts'
import type { System } from '../fixtures/system.ts'
import { checkPage, click, goTo, openPage, waitForText } from './dashboardPage.ts'
import { dashboardTest } from './dashboardTest.ts'

const test = dashboardTest('/', 'Jobs')

async function readQueue({ client }: System, name: string): Promise<Queue> {
  return (await (await client.request(`/queues/${name}`)).json()) as Queue
}
async function readKeys({ client }: System): Promise<ApiKey[]> {
  const response = await client.request('/api-keys')
  return ((await response.json()) as { apiKeys: ApiKey[] }).apiKeys
}
/** The texts of the cells of a row. */
function readRow(page: Page, heading: string): Promise<string[]> {
  return page.$$eval(
    'tbody tr',
    (rows, wanted) =>
      rows
        .map((row) => [...row.children].map(({ textContent }) => textContent!))
        .find(([first]) => first === wanted)!,
    heading,
  )
}

test('a queue is paused, drained and limited, and another one is created', async ({
  system,
  page,
}) => {
  await system.client.put('videos/clip.mp4', makeClip({ seconds: 1 }))
  await goTo(page, 'Queues')
  await click(page, '[aria-label="Pause default"]')
  await page.locator('[aria-label="Resume default"]').wait()
  await click(page, '[aria-label="Drain default"]')
  await page.locator('[aria-label="Accept jobs default"]').wait()
  expect((await readRow(page, 'default'))[3]).toBe('paused, draining')
  const rejected = system.client.createJobs('videos/clip.mp4', ['w_100'])
  await expect(rejected).rejects.toMatchObject({ code: 'queue_draining' })
  await click(page, '[aria-label="Accept jobs default"]')
  await page.locator('[aria-label="Drain default"]').wait()
  const [job] = await system.client.createJobs('videos/clip.mp4', ['w_100'])
  // The counts follow the events.
  await page.waitForFunction(() => document.querySelector('td')!.textContent === '1')
  await page.goto(`${system.url}/#/jobs/${job!.id}`)
  await waitForText(page, 'Waiting for a runner. The queue default is paused.')
  await goTo(page, 'Queues')
  await click(page, '[aria-label="Resume default"]')
  await page.locator('[aria-label="Pause default"]').wait()
  const before = await readQueue(system, 'default')
  expect(before).toMatchObject({ paused: false, draining: false, pending: 1 })

  await click(page, '[aria-label="Settings of default"]')
  const attempts = page.locator('[name=maxAttempts]')
  await attempts.fill('21')
  await click(page, 'button::-p-text(Save settings)')
  const message = await page.$eval('input[name=maxAttempts]', (input) => input.validationMessage)
  expect(message).toContain('20')
  expect(await readQueue(system, 'default')).toEqual(before)
  await checkPage(page, 'queue-settings')
  await attempts.fill('5')
  await page.locator('[name=chunkSeconds]').fill('0')
  await click(page, 'button::-p-text(Save settings)')
  await waitForText(page, 'Saved.')
  expect(await readQueue(system, 'default')).toEqual({ ...before, maxAttempts: 5, chunkSeconds: 0 })

  await page.locator('[name=queue-name]').fill('default')
  await waitForText(page, 'There is a queue "default" already.')
  await page.locator('[name=queue-name]').fill('Bulk')
  await click(page, 'button::-p-text(Create queue)')
  await waitForText(page, 'A queue name has 1 to 63')
  await page.locator('[name=queue-name]').fill('bulk')
  await click(page, 'button::-p-text(Create queue)')
  await waitForText(page, 'Settings of bulk')
  expect(await readQueue(system, 'bulk')).toMatchObject({ maxAttempts: 3, pending: 0 })
})

test('a key is created with a restriction and limits, changed, and deleted', async ({
  system,
  page,
}) => {
  await goTo(page, 'API keys')
  await page.locator('[name=key-name]').fill('Upload page')
  await click(page, 'label::-p-text(files:write)')
  await page.locator('[name=key-queue]').fill('default')
  await click(page, 'button::-p-text(Create key)')
  await waitForText(page, 'a key with queue and files:write requires pathPrefix')
  expect(await readKeys(system)).toEqual([])
  await page.locator('[name=key-folder]').fill('uploads')
  await page.locator('[name=storedGigabytes]').fill('1.5')
  await page.locator('[name=expiresAt]').fill('2099-12-31T12:00')
  await click(page, 'button::-p-text(Create key)')
  await waitForText(page, 'It is shown only now')
  // The form is below the list, and the key above it.
  expect(
    await page.$eval('.copyable pre', (key) => key.getBoundingClientRect().top),
  ).toBeGreaterThan(0)
  const [created] = await readKeys(system)
  expect(created).toMatchObject({
    scopes: ['files:write'],
    queue: 'default',
    pathPrefix: 'uploads/',
    maxStoredBytes: 1_500_000_000,
    maxQueuedJobs: null,
    expiresAt: new Date('2099-12-31T12:00').toISOString(),
  })
  await page.locator('[aria-label="Change Upload page"]').wait()
  expect((await readRow(page, 'Upload page')).slice(1, 4)).toEqual([
    'files:write',
    'queue default, uploads/',
    '0 byte of 1.5 GB',
  ])

  await click(page, '[aria-label="Change Upload page"]')
  const limits = 'form[aria-label="Limits of Upload page"]'
  await page.locator(`${limits} [name=storedGigabytes]`).click({ count: 3 })
  await page.keyboard.press('Backspace')
  await page.locator(`${limits} [name=maxQueuedJobs]`).fill('10')
  await checkPage(page, 'key-limits')
  await click(page, 'button::-p-text(Save limits)')
  await waitForText(page, 'Saved.')
  expect(await readKeys(system)).toEqual([{ ...created, maxStoredBytes: null, maxQueuedJobs: 10 }])

  const question = new Promise<string>((resolve) => {
    page.once('dialog', (dialog) => {
      resolve(dialog.message())
      void dialog.accept()
    })
  })
  await click(page, '[aria-label="Delete Upload page"]')
  expect(await question).toContain('Delete the key “Upload page”?')
  await waitForText(page, 'There is no key besides the root key.')
  expect(await readKeys(system)).toEqual([])
})

test('a key is offered only what it may do', async ({ system }) => {
  const response = await system.client.request('/api-keys', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      name: 'Of one queue',
      scopes: ['queues:admin', 'webhooks:read'],
      queue: 'default',
    }),
  })
  const { key } = (await response.json()) as { key: string }
  const { page, close } = await openPage(`${system.url}/`, 'Queues', key)
  try {
    const links = await page.$$eval('nav a', (all) => all.map(({ textContent }) => textContent))
    expect(links).toEqual(['Queues', 'Webhooks'])
    await page.locator('[aria-label="Pause default"]').wait()
    expect(await page.$('[name=queue-name]')).toBeNull()
    await goTo(page, 'Webhooks')
    await waitForText(page, 'There are no webhooks yet.')
    expect(await page.$('form')).toBeNull()
  } finally {
    await close()
  }
})
