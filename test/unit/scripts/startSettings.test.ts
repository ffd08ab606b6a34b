import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterAll, expect, it } from 'vitest'
import { readSettings } from '../../../scripts/start/settings.ts'

const STATE_DIR = mkdtempSync(join(tmpdir(), 'reelqueue-unit-'))
afterAll(() => rmSync(STATE_DIR, { recursive: true }))

function readShares(env: Record<string, string>) {
  const { cpus, memoryBytes } = readSettings({ STATE_DIR, ...env })
  return { cpus, memoryBytes }
}

it('one runner uses the whole machine', () => {
  expect(readShares({ RUNNERS: '1' })).toEqual({ cpus: null, memoryBytes: null })
})

it('several runners share the cores and the memory', () => {
  const memory = Math.min(totalmem(), process.constrainedMemory() || Infinity)
  expect(readShares({ RUNNERS: '3' })).toEqual({
    cpus: Math.max(1, Math.floor(availableParallelism() / 3)),
    memoryBytes: Math.floor(memory / 3),
  })
})

it('shares that are set are used as they are', () => {
  // Runners inherit MEMORY_BYTES.
  const shares = { CPUS: '7', MEMORY_BYTES: '1000000000' }
  expect(readShares({ RUNNERS: '3', ...shares })).toEqual({ cpus: 7, memoryBytes: null })
})

it('origins are settings of the Worker, and nothing else can be written with them', () => {
  const origins = 'http://localhost:3000, https://*.example.com'
  expect(readSettings({ STATE_DIR, EMBED_ORIGINS: origins }).vars).toEqual({
    EMBED_ORIGINS: origins,
  })
  for (const text of ['http://a\nAPI_KEY=x', 'http://a#b', '"http://a"']) {
    expect(() => readSettings({ STATE_DIR, CORS_ORIGINS: text })).toThrow(/CORS_ORIGINS must be/)
  }
})

it('settings of the Worker with two values are read, and other values are refused', () => {
  const vars = { COMPATIBILITY: 'openinary', WEBHOOK_PRIVATE_ADDRESSES: 'allow' }
  expect(readSettings({ STATE_DIR, ...vars }).vars).toEqual(vars)
  for (const [name, value] of [
    ['COMPATIBILITY', 'on'],
    ['WEBHOOK_PRIVATE_ADDRESSES', 'yes'],
  ] as const) {
    const read = () => readSettings({ STATE_DIR, [name]: value })
    expect(read).toThrow(new RegExp(`${name} must be .*got "${value}"`))
  }
})

it('credentials of storage are JSON on one line, in which nothing ends the value', () => {
  const json = JSON.stringify({ a: { secretAccessKey: `it's #1 "\\ key` } }, null, 2)
  const { S3_CREDENTIALS } = readSettings({ STATE_DIR, S3_CREDENTIALS: json }).vars
  const file = parseEnv(`S3_CREDENTIALS=${S3_CREDENTIALS}\nOTHER=x\n`)
  expect(JSON.parse(file.S3_CREDENTIALS!)).toEqual(JSON.parse(json))
  expect(file.OTHER).toBe('x')
  const bad = { STATE_DIR, DIRECT_UPLOADS: 'a secret' }
  expect(() => readSettings(bad)).toThrow(/^DIRECT_UPLOADS must be JSON/)
})
