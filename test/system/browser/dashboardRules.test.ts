/** The page of rules in Chromium, while no runner takes jobs. */
import { expect } from 'vitest'
import type { Rule } from '../../../src/client/index.ts'
import type { System } from '../fixtures/system.ts'
import { checkPage, click, openPage, waitForText } from './dashboardPage.ts'
import { dashboardTest } from './dashboardTest.ts'

const test = dashboardTest('/#/rules', 'Rules')

async function readRules({ client }: System): Promise<Rule[]> {
  return ((await (await client.request('/rules')).json()) as { rules: Rule[] }).rules
}
function post({ client }: System, path: string, body: object): Promise<Response> {
  const headers = { 'Content-Type': 'application/json' }
  return client.request(path, { method: 'POST', headers, body: JSON.stringify(body) })
}

test('a rule is created, tested, disabled, changed and deleted, and another one is not', async ({
  system,
  page,
}) => {
  await waitForText(page, 'There are no rules yet.')
  await page.locator('[name=rule-name]').fill('Films')
  await page.locator('[name=rule-prefix]').fill('films/')
  await page.locator('[name=rule-suffixes]').fill('.mp4, .mov')
  await page.locator('[name=rule-minMegabytes]').fill('1.5')
  await page.locator('[name=rule-transformations]').fill('h_720\nw_0')
  await click(page, 'button::-p-text(Create rule)')
  await waitForText(page, 'transformations[1]')
  expect(await readRules(system)).toEqual([])
  await page.locator('[name=rule-transformations]').fill('h_720,q_70\nf_hls')
  await click(page, 'button::-p-text(Create rule)')
  await waitForText(page, 'begin with films/, that end in .mp4 or .mov, of at least 1.5')
  const [created] = await readRules(system)
  expect(created).toMatchObject({
    name: 'Films',
    enabled: true,
    suffixes: ['.mp4', '.mov'],
    minBytes: 1_500_000,
    maxBytes: null,
    queue: 'default',
    transformations: ['h_720,q_70', 'f_hls'],
    priority: null,
  })
  expect((await post(system, '/rules', { name: 'Other', prefix: 'other/' })).status).toBe(201)
  const [, other] = await readRules(system)

  await page.locator('[name=test-key]').fill('films/a.mov')
  await click(page, 'button::-p-text(Test)')
  await waitForText(page, 'Films makes 2 jobs in the queue default: h_720,q_70 · f_hls')
  await page.locator('[name=test-size]').fill('1')
  await click(page, 'button::-p-text(Test)')
  await waitForText(page, 'No rule matches this file.')

  await click(page, '[aria-label=Films] button::-p-text(Disable)')
  await waitForText(page, 'Disabled · 0 jobs made')
  await page.locator('[name=test-size]').fill('2')
  await click(page, 'button::-p-text(Test)')
  await waitForText(page, 'Films is disabled. Enabled, it would make 2 jobs')

  await click(page, '[aria-label=Films] button::-p-text(Change)')
  await page.locator('form[aria-label^=Change] [name=rule-suffixes]').fill('.mkv')
  await page.locator('form[aria-label^=Change] [name=rule-priority]').fill('0')
  await checkPage(page, 'rules')
  await click(page, 'button::-p-text(Save changes)')
  await waitForText(page, 'queue default · priority 0')
  const [changed] = await readRules(system)
  const changes = { enabled: false, suffixes: ['.mkv'], priority: 0, updatedAt: changed!.updatedAt }
  expect(changed).toEqual({ ...created, ...changes })

  page.once('dialog', (dialog) => void dialog.accept())
  await click(page, '[aria-label=Films] button::-p-text(Delete)')
  await page.waitForFunction(() => document.querySelector('[aria-label=Films]') === null)
  expect(await readRules(system)).toEqual([other])
})

test('a key that may not change rules sees them, and can test them', async ({
  system,
  onTestFinished,
}) => {
  await post(system, '/rules', { name: 'Seen' })
  const made = await post(system, '/api-keys', { name: 'Reader', scopes: ['jobs:read'] })
  const { key } = (await made.json()) as { key: string }
  const { page, close } = await openPage(`${system.url}/#/rules`, 'Rules', key)
  onTestFinished(() => close())
  await page.locator('h2::-p-text(Seen)').wait()
  const buttons = await page.$$eval('main button', (all) => all.map((each) => each.textContent))
  expect(buttons).toEqual(['Test'])
})
