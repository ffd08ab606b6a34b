/** The table of keys in docs/media.md must agree with the contract. */
import { expect, it } from 'vitest'
import { KEY_DEFINITIONS, KEYS } from '../../../src/contract/keys.ts'
import { rows } from '../../fixtures/keyTable.ts'

it('the table has one row for each key, in the order of the contract', () => {
  expect(rows.map(({ key }) => key)).toEqual(KEYS)
})

it('the table has the long name of each key', () => {
  const names = KEYS.map((key) => [key, KEY_DEFINITIONS[key].name])
  expect(rows.map(({ key, longName }) => [key, longName])).toEqual(names)
})

it('the table describes values as the contract does', () => {
  const described = KEYS.map((key) => [key, KEY_DEFINITIONS[key].description])
  expect(rows.map(({ key, values }) => [key, values])).toEqual(described)
})
