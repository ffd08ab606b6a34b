/** The cache of API keys. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { ApiKeyRow } from '../../../src/db/rows.ts'
import { forgetKey, readCachedKey } from '../../../src/services/apiKeys/keyCache.ts'

const HOUR_MS = 3_600_000

// Each test begins an hour later, so that it finds no entry of another one.
let start = Date.now()
beforeEach(() => {
  start += HOUR_MS
  vi.useFakeTimers({ toFake: ['Date'], now: start })
})
afterEach(() => void vi.useRealTimers())

function key(id: string): ApiKeyRow {
  return { id, name: 'a test' } as ApiKeyRow
}

/** Reads a key, and returns whether that took a query. */
async function isQueried(name: string, row: ApiKeyRow | undefined = key('key_1')) {
  const read = vi.fn(async () => row)
  expect(await readCachedKey(name, read)).toEqual(row)
  return read.mock.calls.length === 1
}

it('has a row for less than 5 s, however often it is used', async () => {
  expect(await isQueried('hash')).toBe(true)
  for (const ms of [0, 2_000, 4_999]) {
    vi.setSystemTime(start + ms)
    expect(await isQueried('hash')).toBe(false)
  }
  vi.setSystemTime(start + 5_000)
  expect(await isQueried('hash')).toBe(true)
})

it('does not use a row from the future, if the clock was set back', async () => {
  await isQueried('hash')
  vi.setSystemTime(start - 1)
  expect(await isQueried('hash')).toBe(true)
})

it('does not keep that a key does not exist', async () => {
  const missing = async () => undefined
  expect(await readCachedKey('new', missing)).toBeUndefined()
  expect(await isQueried('new')).toBe(true)
})

it('forgets a key that changes, by its hash and by its id, and no other', async () => {
  for (const name of ['hash', 'key_1']) {
    await isQueried(name)
  }
  await isQueried('other', key('key_2'))
  forgetKey('key_1')
  expect(await isQueried('hash')).toBe(true)
  expect(await isQueried('key_1')).toBe(true)
  expect(await isQueried('other', key('key_2'))).toBe(false)
})

it('does not keep a row that was read before a change and arrives after it', async () => {
  const stale = readCachedKey('hash', async () => {
    forgetKey('key_1')
    return key('key_1')
  })
  await stale
  expect(await isQueried('hash')).toBe(true)
})

it('has at most 1,000 rows: the one that was read first makes room', async () => {
  for (let n = 0; n < 1_001; n++) {
    await isQueried(`hash ${n}`, key(`key_${n}`))
  }
  expect(await isQueried('hash 1', key('key_1'))).toBe(false)
  expect(await isQueried('hash 0', key('key_0'))).toBe(true)
})
