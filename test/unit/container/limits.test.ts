import { expect, it } from 'vitest'
import { encodeLimits, probeLimits } from '../../../container/ffmpeg/process/limits.ts'

const GIB = 1024 ** 3

it('a probe may use less than an encode', () => {
  const encode = encodeLimits({ memoryBytes: 16 * GIB, diskBytes: null })
  expect(encode).toMatchObject({ memoryBytes: 8 * GIB, cpuSeconds: null })
  expect(probeLimits(encode)).toEqual({ memoryBytes: GIB, cpuSeconds: 4, fileBytes: 0 })
  expect(probeLimits({ ...encode, memoryBytes: 5e8 }).memoryBytes).toBe(5e8)
})
