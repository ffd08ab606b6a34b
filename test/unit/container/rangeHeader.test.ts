import { describe, expect, it } from 'vitest'
import { parseRange } from '../../../container/source/loopbackServer.ts'

describe('a range header', () => {
  it.each([
    [undefined, { start: 0, end: 100 }],
    ['bytes=0-', { start: 0, end: 100 }],
    ['bytes=10-19', { start: 10, end: 20 }],
    ['bytes=90-999', { start: 90, end: 100 }],
    ['bytes=-10', { start: 90, end: 100 }],
    ['bytes=-999', { start: 0, end: 100 }],
    ['bytes=100-', null],
    ['bytes=20-10', null],
    ['bytes=-', null],
    ['bytes=-0', null],
    ['bytes=0-1,5-6', null],
    ['lines=0-1', null],
  ])('is parsed, or rejected with null: %s', (header, expected) => {
    expect(parseRange(header, 100)).toEqual(expected)
  })
})
