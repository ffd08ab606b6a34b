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
})
