import { expect, it } from 'vitest'
import { encodeLimits, probeLimits } from '../../../container/ffmpeg/process/limits.ts'

const GIB = 1024 ** 3

it('a probe gets at most 1 GiB and 4 s of CPU time, and never more memory than an encode', () => {
  const encode = encodeLimits({ memoryBytes: 16 * GIB, diskBytes: null })
  expect(encode).toMatchObject({ memoryBytes: 8 * GIB, cpuSeconds: null })
  expect(probeLimits(encode)).toEqual({ memoryBytes: GIB, cpuSeconds: 4, fileBytes: 0 })
  expect(probeLimits({ ...encode, memoryBytes: 5e8 }).memoryBytes).toBe(5e8)
})
