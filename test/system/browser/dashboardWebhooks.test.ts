/** The webhooks page of the dashboard in Chromium, with a receiver on this machine. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, expect } from 'vitest'
import { makeClip } from '../fixtures/media.ts'
import { systemTest } from '../fixtures/systemTest.ts'
import { checkPage, openDashboard, signIn, waitForText } from './dashboardPage.ts'

const received: string[] = []
const receiver = createServer((request, response) => {
  received.push(String(request.headers['webhook-id']))
  response.writeHead(204).end()
})
await once(receiver.listen(0, '127.0.0.1'), 'listening')
afterAll(() => void receiver.close())

const test = systemTest({ runners: 0, env: { WEBHOOK_PRIVATE_ADDRESSES: 'allow' } })

test('a webhook is created, and its deliveries are listed and sent again', async ({
  system,
  onTestFinished,
}) => {
  const { page, close } = await openDashboard()
  onTestFinished(() => close())
  await page.goto(`${system.url}/#/webhooks`)
  await signIn(page)
  const { port } = receiver.address() as AddressInfo
  await page.locator('[name=url]').fill(`http://127.0.0.1:${port}/hooks`)
  await page.locator('button.primary').click()
  await waitForText(page, 'whsec_')

  await system.client.put('videos/clip.mp4', makeClip({ seconds: 1 }))
  const [job] = await system.client.createJobs('videos/clip.mp4', ['w_100'])
  await system.client.request(`/queue/jobs/${job!.id}/cancel`, { method: 'POST' })
  await expect.poll(() => received, { timeout: 20_000 }).toHaveLength(1)
  await page.reload()
  await page.locator('button::-p-text(Deliveries)').click()
  await waitForText(page, 'job.cancelleddelivered')
  expect(await page.evaluate(() => document.body.textContent)).not.toContain('whsec_')
  await checkPage(page, 'webhooks')
  await page.locator('td button').click()
  await expect.poll(() => received, { timeout: 20_000 }).toHaveLength(2)
  expect(received[1]).toBe(received[0])

  await page.locator('[name=replay-kind]').fill('range')
  await page.locator('[name=replay-from]').fill('1')
  await page.locator('[name=replay-to]').fill('999')
  await page.locator('button::-p-text(Send them again)').click()
  await waitForText(page, '1 event will be sent again.')
  await expect.poll(() => received, { timeout: 20_000 }).toHaveLength(3)
  await page.locator('[name=replay-kind]').fill('failed')
  await page.locator('[name=failed-since]').fill('2026-01-01T00:00')
  await page.locator('button::-p-text(Send them again)').click()
  await waitForText(page, '0 events will be sent again.')

  await page.locator('button::-p-text(Send a test)').click()
  await waitForText(page, 'The test was delivered')
  expect(received.at(-1)).toMatch(/^test_/)
  await page.locator('button::-p-text(Disable)').click()
  await waitForText(page, 'Enable it to send deliveries again')
  expect(await page.$('td button')).toBeNull()
  await page.locator('button::-p-text(Enable)').click()
  await waitForText(page, 'gets the events that it missed')

  await page.locator('button::-p-text(Change)').click()
  await page.locator('form[aria-label^=Change] [name=description]').fill('The web shop')
  await page.locator('button::-p-text(Save changes)').click()
  await page.locator('.card p::-p-text(The web shop)').wait()
  await page.locator('button::-p-text(New secret)').click()
  await waitForText(page, 'whsec_')
  page.once('dialog', (dialog) => void dialog.accept())
  await page.locator('button::-p-text(Delete)').click()
  await waitForText(page, 'There are no webhooks yet.')
  const { webhooks } = (await (await system.client.request('/webhooks')).json()) as {
    webhooks: unknown[]
  }
  expect(webhooks).toEqual([])
})
