/** The retry policy: which failures are retried, and after which delay. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  EXPORT_FAILURE_CODES,
  FAILURE_CODES,
  IMPORT_FAILURE_CODES,
} from '../../../src/contract/failureCode.ts'
import { isRetried, retryDelayMs } from '../../../src/domain/retryPolicy.ts'

describe('the retry policy', () => {
  const final: string[] = [
    'input_invalid',
    'unsupported',
    'timeout',
    ...IMPORT_FAILURE_CODES,
    ...EXPORT_FAILURE_CODES,
  ]

  it.each(FAILURE_CODES)(
    'retries %s unless it is input_invalid, unsupported, timeout, or of an import or export',
    (code) => {
      expect(isRetried(code, 1, 3)).toBe(!final.includes(code))
      expect(isRetried(code, 2, 3)).toBe(!final.includes(code))
    },
  )
  it.each(FAILURE_CODES)('never retries %s beyond the maximum number of attempts', (code) => {
    expect(isRetried(code, 3, 3)).toBe(false)
    expect(isRetried(code, 1, 1)).toBe(false)
  })

  it('delays retries by 5 s, 20 s, 80 s and so on, up to an hour', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 20].map((attempt) => retryDelayMs(attempt, 0.5))
    expect(waits).toEqual([5e3, 20e3, 80e3, 320e3, 1_280e3, 3_600e3, 3_600e3, 3_600e3])
  })
  it('varies the delay by up to 20 % at random', () => {
    const attempt = fc.integer({ min: 1, max: 20 })
    fc.assert(
      fc.property(attempt, fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
        const middle = retryDelayMs(attempt, 0.5)
        const wait = retryDelayMs(attempt, random)
        expect(wait).toBe(Math.round(middle * (0.8 + 0.4 * random)))
        expect(Math.abs(wait - middle)).toBeLessThanOrEqual(middle * 0.2 + 1)
      }),
    )
    expect(retryDelayMs(1, 0)).toBeLessThan(retryDelayMs(1, 1))
  })
})
