/** The routes of rules: their settings, the jobs that they would make, access and limits. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { Rule, RuleTest } from '../../../src/contract/rule.ts'
import { makeKey } from '../helpers/apiKeys.ts'
import { countRows } from '../helpers/database.ts'
import { api, expectError, expectJson } from '../helpers/requests.ts'
import { addRule, emptyTables, readRule } from './helpers.ts'

emptyTables()

async function list(call = api) {
  return expectJson<{ rules: Rule[]; events: unknown }>(await call('GET', '/rules'), 200)
}
async function test(key: string, size = 1_000, call = api): Promise<RuleTest> {
  return expectJson(await call('POST', '/rules/test', { key, size }), 200)
}

describe('a rule', () => {
  it('is created with defaults, listed, changed and deleted, and another one is not', async () => {
    const rule = await addRule()
    expect(rule).toEqual({
      id: expect.stringMatching(/^rule_[0-9a-f]{32}$/) as string,
      name: 'a rule',
      enabled: true,
      prefix: '',
      suffixes: [],
      minBytes: null,
      maxBytes: null,
      queue: 'default',
      transformations: ['f_mp4'],
      priority: null,
      tags: [],
      createdAt: rule.createdAt,
      updatedAt: rule.createdAt,
      jobsCreated: 0,
      lastJobAt: null,
      lastError: null,
      lastErrorAt: null,
    })
    const other = await addRule({ name: 'other', transformations: [{ width: 640 }] })
    expect(other.transformations).toEqual(['w_640'])
    expect(await list()).toEqual({ rules: [rule, other], events: [] })
    const changes = { name: 'new', enabled: false, prefix: 'films/', maxBytes: 9, priority: 0 }
    const changed = await expectJson<Rule>(await api('PATCH', `/rules/${rule.id}`, changes), 200)
    expect(changed).toMatchObject({ ...changes, transformations: ['f_mp4'], suffixes: [] })
    expect(await readRule(rule.id)).toEqual(changed)
    const unchanged = await expectJson<Rule>(await api('PATCH', `/rules/${rule.id}`, {}), 200)
    expect(unchanged).toEqual({ ...changed, updatedAt: unchanged.updatedAt })
    await expectJson(await api('DELETE', `/rules/${rule.id}`), 200)
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const body = method === 'PATCH' ? {} : undefined
      await expectError(await api(method, `/rules/${rule.id}`, body), 404, 'rule_not_found')
    }
    expect((await list()).rules).toEqual([other])
  })

  it.each([
    ['no name', { name: '' }, 'invalid_request', 'name'],
    ['an absolute prefix', { prefix: '/films/' }, 'invalid_request', 'videos/ instead of /videos/'],
    ['a long prefix', { prefix: 'x'.repeat(1_025) }, 'invalid_request', 'prefix'],
    ['a long suffix', { suffixes: ['x'.repeat(101)] }, 'invalid_request', 'suffixes'],
    ['many suffixes', { suffixes: Array<string>(21).fill('.mp4') }, 'invalid_request', 'suffixes'],
    ['a negative size', { minBytes: -1 }, 'invalid_request', 'minBytes'],
    ['bounds that exclude all', { minBytes: 2, maxBytes: 1 }, 'invalid_request', 'got 2 and 1'],
    ['no transformation', { transformations: [] }, 'invalid_request', 'transformations'],
    [
      'many transformations',
      { transformations: Array<string>(21).fill('w_9') },
      'invalid_request',
      'transformations',
    ],
    [
      'an invalid transformation',
      { transformations: ['w_640', 'w_0'] },
      'invalid_transformation',
      'transformations[1]: w',
    ],
    [
      'an unknown preset',
      { transformations: ['n_none'] },
      'invalid_transformation',
      'has no preset "none"',
    ],
    ['a high priority', { priority: 101 }, 'invalid_request', 'priority'],
    [
      'many tags',
      { tags: Array.from({ length: 11 }, (_, n) => `t${n}`) },
      'invalid_request',
      'tags',
    ],
    ['an unknown field', { surprise: 1 }, 'invalid_request', 'surprise'],
  ])('is not created with %s, nor changed to it', async (_, fields, code, message) => {
    const rule = await addRule()
    const refused = await api('POST', '/rules', { name: 'b', ...fields })
    expect(await expectError(refused, 400, code)).toContain(message)
    const unchanged = await api('PATCH', `/rules/${rule.id}`, fields)
    expect(await expectError(unchanged, 400, code)).toContain(message)
    expect((await list()).rules).toEqual([rule])
  })

  it('needs a queue that exists', async () => {
    await expectError(
      await api('POST', '/rules', { name: 'a', queue: 'nowhere' }),
      404,
      'queue_not_found',
    )
    expect(await countRows('rules')).toBe(0)
  })

  it('can be one of a hundred', async () => {
    await addRule()
    await env.DB.exec(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 99)
       INSERT INTO rules SELECT id || i, name, enabled, prefix, suffixes, min_bytes, max_bytes, queue,
       transformations, priority, tags, api_key_id, created_at, updated_at, 0, NULL, NULL, NULL
       FROM rules, n`.replaceAll('\n', ' '),
    )
    const refused = await api('POST', '/rules', { name: 'one more' })
    expect(await expectError(refused, 400, 'invalid_request')).toContain('100 rules')
    expect((await list()).rules).toHaveLength(100)
  })
})

describe('POST /rules/test', () => {
  it.each([
    ['films/a.mp4', 1_000, true],
    ['films/A.MOV', 1_000, true],
    ['films/sub/a.mp4', 2_000, true],
    ['films/a.mp4', 999, false],
    ['films/a.mp4', 2_001, false],
    ['films/a.webm', 1_000, false],
    ['Films/a.mp4', 1_000, false],
    ['other/films/a.mp4', 1_000, false],
  ])('%s of %i bytes: %j', async (key, size, isMatch) => {
    const rule = { prefix: 'films/', suffixes: ['.mp4', '.mov'], minBytes: 1_000, maxBytes: 2_000 }
    await addRule(rule)
    expect((await test(key, size)).matches).toHaveLength(isMatch ? 1 : 0)
    expect(await countRows('jobs')).toBe(0)
  })

  it('returns the jobs of each rule with their defaults, and why a rule cannot make them', async () => {
    await expectJson(await api('PUT', '/queues/default/presets/card', 'w_64'), 200)
    const card = await addRule({ transformations: ['n_card', 't_true', 'w_64'], tags: ['a'] })
    const off = await addRule({ enabled: false, priority: 9 })
    const job = { filePath: 'a.mp4', queue: 'default' }
    expect(await test('a.mp4')).toEqual({
      ignored: null,
      matches: [
        {
          rule: card,
          jobs: [
            { ...job, transformation: 'w_64', priority: 2, tags: ['a'] },
            { ...job, transformation: 't_true', priority: 1, tags: ['a'] },
          ],
          error: null,
        },
        {
          rule: off,
          jobs: [{ ...job, transformation: 'f_mp4', priority: 9, tags: [] }],
          error: null,
        },
      ],
    })
    await expectJson(await api('DELETE', '/queues/default/presets/card'), 200)
    expect((await test('a.mp4')).matches[0]).toMatchObject({
      jobs: [],
      error: expect.stringContaining('has no preset "card"') as string,
    })
  })

  it.each([
    ['a.txt', 'extension'],
    ['a.srt', 'subtitles'],
  ])('says that %s is ignored', async (key, reason) => {
    await addRule()
    expect(await test(key)).toEqual({
      ignored: expect.stringContaining(reason) as string,
      matches: [],
    })
  })
})

describe('a restricted key', () => {
  it('of a folder creates and sees only rules of the folder, in its queue', async () => {
    const hidden = await addRule()
    const key = await makeKey({
      pathPrefix: 'a/',
      queue: 'default',
      scopes: ['jobs:read', 'rules:write'],
    })
    const own = await expectJson<Rule>(await key.call('POST', '/rules', { name: 'own' }), 201)
    expect(own).toMatchObject({ prefix: 'a/', queue: 'default' })
    expect(await list(key.call)).toEqual({ rules: [own], events: null })
    for (const prefix of ['', 'b/', 'a']) {
      const refused = await key.call('POST', '/rules', { name: 'out', prefix })
      await expectError(refused, 403, 'forbidden')
      const moved = await key.call('PATCH', `/rules/${own.id}`, { prefix })
      await expectError(moved, 403, 'forbidden')
    }
    await expectJson(await api('PUT', '/queues/other', {}), 200)
    await expectError(
      await key.call('PATCH', `/rules/${own.id}`, { queue: 'other' }),
      403,
      'forbidden',
    )
    const outside = { transformations: ['wm_b:logo.png'] }
    await expectError(await key.call('PATCH', `/rules/${own.id}`, outside), 403, 'forbidden')
    for (const [method, body] of [['GET'], ['PATCH', { enabled: false }], ['DELETE']] as const) {
      const response = await key.call(method, `/rules/${hidden.id}`, body)
      await expectError(response, 404, 'rule_not_found')
    }
    expect((await test('a/x.mp4', 1, key.call)).matches.map(({ rule }) => rule.id)).toEqual([
      own.id,
    ])
    const elsewhere = await key.call('POST', '/rules/test', { key: 'b/x.mp4', size: 1 })
    await expectError(elsewhere, 403, 'forbidden')
    expect((await list()).rules).toEqual([hidden, own])
  })
})
