import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { BOTH_VERSIONS, INSTALLED_VERSION } from '../../../scripts/ffmpegVersions.mjs'

const RUNNER_TESTS = join(import.meta.dirname, '../../runner')

it('the tests that CI runs with the installed ffmpeg exist, and are in one list each', () => {
  const names = [...INSTALLED_VERSION, ...BOTH_VERSIONS]
  expect(names.filter((name) => !existsSync(join(RUNNER_TESTS, `${name}.test.ts`)))).toEqual([])
  expect(new Set(names).size).toBe(names.length)
})
