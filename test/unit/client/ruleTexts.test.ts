/** Requests that the form of a rule in the dashboard sends. */
import { expect, it } from 'vitest'
import { readRule, writeRule } from '../../../src/dashboard/rules/ruleTexts.ts'

const SETTINGS = {
  name: 'Films',
  prefix: 'films/',
  suffixes: ['.mp4', '.mov'],
  minBytes: 1_234_567,
  maxBytes: null,
  queue: 'night',
  transformations: ['h_720,q_70', 'f_hls'],
  priority: 0,
  tags: ['film', 'new'],
}
const RULE = {
  ...SETTINGS,
  id: 'rule_1',
  enabled: true,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  jobsCreated: 0,
  lastJobAt: null,
  lastError: null,
  lastErrorAt: null,
}

it('a rule that is not changed stays as it is', () => {
  expect(readRule(writeRule(RULE), null)).toEqual(SETTINGS)
})

it.each([
  ['default', null],
  ['own', 'own'],
])('an empty queue is the queue %s of a key that is restricted to %s', (queue, own) => {
  expect(readRule({ ...writeRule(RULE), queue: '' }, own)).toMatchObject({ queue })
})
