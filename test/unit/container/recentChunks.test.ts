import { expect, it } from 'vitest'
import { createRecentChunks } from '../../../container/attempt/recentChunks.ts'

const MIB = 1024 ** 2
/** The memory of a runner that may keep 4 MiB. */
const MEMORY_BYTES = 64 * MIB
const FILES = { source: { sizeBytes: 10, etag: 'a' }, references: [] }
const PLAN_KEY = 'b'.repeat(64)
const FACTS = {
  sizeBytes: 2 * MIB,
  frames: 900,
  samples: null,
  timescale: 15_360,
  startTicks: 0,
  endTicks: 460_800,
  decoderConfig: 'c'.repeat(64),
}

function chunk(index: number, jobId = 'job_1') {
  return { jobId, index, planKey: PLAN_KEY }
}

function keepAll(...made: ReturnType<typeof chunk>[]) {
  const chunks = createRecentChunks(MEMORY_BYTES)
  for (const each of made) {
    chunks.keep(FILES, each, { facts: FACTS, file: Buffer.alloc(FACTS.sizeBytes, each.index) })
  }
  return chunks
}

it('returns a file for the chunk that is stored, made of the same files by the same plan', () => {
  const chunks = keepAll(chunk(1))
  expect(chunks.find(FILES, chunk(1), { ...FACTS })).toEqual(Buffer.alloc(2 * MIB, 1))
  expect(chunks.find(FILES, chunk(1), { ...FACTS, sizeBytes: 5 })).toBeNull()
  expect(chunks.find(FILES, { ...chunk(1), planKey: 'other' }, FACTS)).toBeNull()
  const replaced = { ...FILES, source: { sizeBytes: 10, etag: 'b' } }
  expect(chunks.find(replaced, chunk(1), FACTS)).toBeNull()
})

it('keeps the latest files of one job, up to a sixteenth of the memory', () => {
  const chunks = keepAll(chunk(0), chunk(1), chunk(2))
  expect([0, 1, 2].map((index) => chunks.find(FILES, chunk(index), FACTS)?.[0])).toEqual([
    undefined,
    1,
    2,
  ])
  expect(chunks.hasRoomFor(4 * MIB)).toBe(true)
  expect(chunks.hasRoomFor(4 * MIB + 1)).toBe(false)
  const ofTwoJobs = keepAll(chunk(1), chunk(2, 'job_2'))
  expect(ofTwoJobs.find(FILES, chunk(1), FACTS)).toBeNull()
  expect(ofTwoJobs.find(FILES, chunk(2, 'job_2'), FACTS)).not.toBeNull()
  ofTwoJobs.forget('job_2')
  expect(ofTwoJobs.find(FILES, chunk(2, 'job_2'), FACTS)).toBeNull()
})
