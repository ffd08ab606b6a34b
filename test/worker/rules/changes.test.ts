/** Changes of rules, also by other callers than the one that created them, and for whom the jobs are made. */
import { env } from 'cloudflare:workers'
import { afterAll, beforeEach, expect, it, vi } from 'vitest'
import type { Rule } from '../../../src/contract/rule.ts'
import { makeKey, type MadeKey } from '../helpers/apiKeys.ts'
import { countRows } from '../helpers/database.ts'
import { claimAsRunner } from '../helpers/fakeRunner.ts'
import { createOne, putOriginal } from '../helpers/jobs.ts'
import { api, expectError, expectJson } from '../helpers/requests.ts'
import { addRule, consume, emptyTables, jobsOf, readCounts, readRule, stored } from './helpers.ts'

emptyTables()
const logged = vi.spyOn(console, 'error')
beforeEach(() => void logged.mockClear().mockImplementation(() => undefined))
afterAll(() => logged.mockRestore())

async function change(rule: Rule, changes: Record<string, unknown>, call = api) {
  return expectJson<Rule>(await call('PATCH', `/rules/${rule.id}`, changes), 200)
}
async function addRuleOf(key: MadeKey, fields: Record<string, unknown> = {}) {
  return expectJson<Rule>(await key.call('POST', '/rules', { name: 'own', ...fields }), 201)
}

it('a rule whose preset was deleted can be disabled, but not get other wrong settings', async () => {
  await expectJson(await api('PUT', '/queues/default/presets/card', 'w_64'), 200)
  const rule = await addRule({ transformations: ['n_card'] })
  await expectJson(await api('DELETE', '/queues/default/presets/card'), 200)
  for (const wrong of [{ transformations: ['n_card'] }, { queue: 'default' }]) {
    const refused = await api('PATCH', `/rules/${rule.id}`, wrong)
    await expectError(refused, 400, 'invalid_transformation')
  }
  expect(await change(rule, { enabled: false })).toMatchObject({
    enabled: false,
    transformations: ['n_card'],
  })
})

it('two changes at the same time are both stored', async () => {
  const rule = await addRule()
  await Promise.all([
    change(rule, { name: 'new' }),
    change(rule, { tags: ['intake'] }),
    change(rule, { transformations: [{ width: 64 }] }),
  ])
  const stays = { prefix: '', queue: 'default', enabled: true }
  const changed = { name: 'new', tags: ['intake'], transformations: ['w_64'], ...stays }
  expect(await readRule(rule.id)).toMatchObject(changed)
})

it('a rule that a limited key changes makes its jobs for this key, and another rule does not', async () => {
  const key = await makeKey({ scopes: ['rules:write'], maxQueuedJobs: 1 })
  const rule = await addRule({ prefix: 'taken/' })
  await addRule({ prefix: 'kept/' })
  await change(rule, { transformations: ['w_64', 'w_48'] }, key.call)
  const event = stored(await putOriginal('taken/a.mp4'))
  const kept = stored(await putOriginal('kept/a.mp4'))
  expect((await consume([event, kept])).retryMessages).toHaveLength(1)
  expect(await jobsOf('taken/a.mp4')).toEqual([])
  expect(await jobsOf('kept/a.mp4')).toMatchObject([{ api_key_id: null }])
  expect((await readRule(rule.id)).lastError).toContain('at most 1')
})

it('a rule of a restricted key keeps within its restriction when another caller changes it', async () => {
  const key = await makeKey({ pathPrefix: 'in/', queue: 'default', scopes: ['rules:write'] })
  const rule = await addRuleOf(key)
  await expectJson(await api('PUT', '/queues/other', {}), 200)
  for (const outside of [
    { prefix: '' },
    { queue: 'other' },
    { transformations: ['wm_out:logo.png'] },
  ]) {
    const refused = await api('PATCH', `/rules/${rule.id}`, outside)
    expect(await expectError(refused, 403, 'forbidden')).toContain(key.id)
  }
  await change(rule, { transformations: ['w_64'] })
  await consume([stored(await putOriginal('in/a.mp4'))])
  expect(await jobsOf('in/a.mp4')).toMatchObject([{ transformation: 'w_64', api_key_id: key.id }])
})

it('a rule makes nothing of what its key may not see, and is not tried again', async () => {
  const rule = await addRule({ prefix: 'in/', transformations: ['wm_out:logo.png'] })
  const key = await makeKey({ pathPrefix: 'in/', scopes: ['rules:write'] })
  await change(rule, { name: 'taken' }, key.call)
  expect((await consume([stored(await putOriginal('in/a.mp4'))])).explicitAcks).toEqual(['m0'])
  expect((await readRule(rule.id)).lastError).toContain('out/logo.png')
  expect(await readCounts()).toEqual({ rejected: 1 })
})

it('the jobs of a key without a restriction end with the key, those of the root key do not', async () => {
  const key = await makeKey({ scopes: ['rules:write'] })
  const own = await addRuleOf(key)
  await consume([stored(await putOriginal('owned/a.mp4'))])
  expect(await jobsOf('owned/a.mp4')).toMatchObject([{ api_key_id: key.id }])
  await expectJson(await api('PATCH', `/api-keys/${key.id}`, { disabled: true }), 200)
  await consume([stored(await putOriginal('owned/b.mp4'))])
  expect(await jobsOf('owned/b.mp4')).toEqual([])
  const root = await addRule()
  await expectJson(await api('DELETE', `/api-keys/${key.id}`), 200)
  expect(await countRows('rules', 'id = ?', own.id)).toBe(0)
  expect(await countRows('rules', 'id = ?', root.id)).toBe(1)
})

it('a key of a folder with characters of two UTF-16 code units sees its rules and webhooks', async () => {
  const scopes = ['jobs:read', 'rules:write', 'webhooks:read', 'webhooks:write']
  const key = await makeKey({ pathPrefix: 'a🎬/', scopes })
  const rule = await addRuleOf(key, { prefix: 'a🎬/films/' })
  await addRule({ prefix: 'a/' })
  const { rules } = await expectJson<{ rules: Rule[] }>(await key.call('GET', '/rules'), 200)
  expect(rules).toEqual([rule])
  const endpoint = { url: 'https://receiver.example/', pathPrefix: 'a🎬/films/' }
  const { id } = await expectJson<{ id: string }>(
    await key.call('POST', '/webhooks', endpoint),
    201,
  )
  expect((await key.call('GET', `/webhooks/${id}`)).status).toBe(200)
})

it('a key of a queue has its own job of a variant that only another queue has made', async () => {
  await expectJson(await api('PUT', '/queues/theirs', {}), 200)
  const key = await makeKey({ queue: 'theirs', scopes: ['rules:write'] })
  await addRuleOf(key, { transformations: ['w_640'] })
  const file = await putOriginal('seen/a.mp4')
  await createOne('seen/a.mp4', 'w_640')
  await (await claimAsRunner()).completeWith()
  await consume([stored(file)])
  expect(await jobsOf('seen/a.mp4')).toMatchObject([{ queue: 'default' }, { queue: 'theirs' }])
})

it('a rule whose watermark is not stored says so, and makes its jobs when it is', async () => {
  const rule = await addRule({ prefix: 'marked/', transformations: ['wm_brand:logo.png'] })
  const event = stored(await putOriginal('marked/a.mp4'))
  expect((await consume([event])).retryMessages).toHaveLength(1)
  const problem = expect.stringContaining('brand/logo.png') as string
  expect(await readRule(rule.id)).toMatchObject({ lastError: problem, jobsCreated: 0 })
  const body = { key: 'marked/a.mp4', size: 9 }
  const tested = await expectJson(await api('POST', '/rules/test', body), 200)
  expect(tested).toMatchObject({ matches: [{ jobs: [], error: problem }] })
  await putOriginal('brand/logo.png')
  expect((await consume([event])).explicitAcks).toEqual(['m0'])
  expect(await jobsOf('marked/a.mp4')).toHaveLength(1)
  expect(await readRule(rule.id)).toMatchObject({ lastError: null, jobsCreated: 1 })
})

it('the rules are read once for a batch of notifications', async () => {
  await addRule({ prefix: 'none/' })
  const events = [
    stored(await putOriginal('batch/a.mp4')),
    stored(await putOriginal('batch/b.mp4')),
  ]
  const prepare = vi.spyOn(env.DB, 'prepare')
  await consume(events)
  const reads = prepare.mock.calls.filter(([text]) => text.includes('from "rules"'))
  expect(reads).toHaveLength(1)
  prepare.mockRestore()
})
