/** The table of keys in docs/media.md must agree with the contract. */
import { expect, it } from 'vitest'
import { transformation } from '../../../src/contract/transformation.ts'
import { KEYS } from '../../../src/domain/transformation/grammar.ts'
import { rows } from '../../fixtures/keyTable.ts'

it('has one row for each key, in the order of the contract', () => {
  expect(rows.map(({ key }) => key)).toEqual(KEYS)
})

it('says of the values what the contract says', () => {
  const described = KEYS.map((key) => [key, transformation.shape[key].description])
  expect(rows.map(({ key, values }) => [key, values])).toEqual(described)
})
