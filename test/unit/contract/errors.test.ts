import { expect, it } from 'vitest'
import { ERRORS } from '../../../src/contract/errors.ts'

it('every error with the status 429 has a time for Retry-After', () => {
  const limited = Object.values(ERRORS).filter(({ status }) => status === 429)
  expect(limited.length).toBeGreaterThan(1)
  for (const error of limited) {
    expect(error).toMatchObject({ retryAfterSeconds: expect.any(Number) })
  }
})
