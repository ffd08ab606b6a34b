import { beforeEach, expect, it } from 'vitest'
import type { AttemptCalls } from '../../../container/attempt/types.ts'
import { createHeldJobs } from '../../../container/heldJobs.ts'
import { type Assignment, assignment } from '../../../src/contract/runnerProtocol.ts'
import { image, video } from '../../fixtures/renditions.ts'

const MIB = 1024 ** 2
let now = 0
let held = createHeldJobs(2, () => now)
beforeEach(() => {
  now = 0
  held = createHeldJobs(2, () => now)
})

/** Starts a job; returns functions that begin its upload and end it. */
function start(rendition: Assignment['rendition'], jobId: string, chunk?: 'audio' | 'video') {
  const ended = Promise.withResolvers<void>()
  let calls: AttemptCalls
  held.start(
    assignment.parse({
      jobId,
      queue: 'default',
      fence: 1,
      attempt: 1,
      filePath: 'videos/clip.mp4',
      rendition,
      source: { sizeBytes: 1, etag: 'a' },
      leaseSeconds: 30,
      stallSeconds: 30,
      timeoutSeconds: 60,
      ...(chunk && {
        chunk: {
          kind: chunk,
          jobId: 'job_0',
          index: 0,
          planKey: 'a',
          startSeconds: 0,
          endSeconds: null,
          frames: null,
        },
      }),
    }),
    (given) => {
      calls = given
      return ended.promise
    },
  )
  return {
    upload: (sizeBytes: number) => calls.onAlmostDone(sizeBytes),
    reachHalf: (sizeBytes: number) => calls.onHalfDone(sizeBytes),
    end() {
      const change = held.waitForChange()
      ended.resolve()
      return change
    },
  }
}

it('runs up to two small jobs at once', async () => {
  expect(held.findClaimable()).toBe('any')
  const first = start(image(), 'job_1')
  expect(held.findClaimable()).toBe('small')
  start(image(), 'job_2')
  expect(held.findClaimable()).toBeNull()
  first.upload(1_000)
  expect(held.findClaimable()).toBe('small')
  await first.end()
  expect(held.listIds()).toEqual(['job_2'])
  expect(held.findClaimable()).toBe('small')
})

it('runs no other job besides a video, until a small output of it is uploaded', () => {
  const encode = start(video(), 'job_1')
  expect(held.findClaimable()).toBeNull()
  encode.upload(8 * MIB + 1)
  expect(held.findClaimable()).toBeNull()
  encode.upload(8 * MIB)
  expect(held.findClaimable()).toBe('any')
})

it('runs another job besides the audio of a split job, but none besides those of two', async () => {
  const audio = start(video(), 'audio_1', 'audio')
  expect(held.findClaimable()).toBe('any')
  const chunk = start(video(), 'video_1', 'video')
  expect(held.findClaimable()).toBeNull()
  await chunk.end()
  const other = start(video(), 'audio_2', 'audio')
  expect(held.findClaimable()).toBeNull()
  await audio.end()
  expect(held.findClaimable()).toBe('any')
  await other.end()
})

it('announces that a chunk is almost done, and then its upload', async () => {
  const chunk = start(video(), 'video_1', 'video')
  expect(held.findClaimable()).toBeNull()
  const change = held.waitForChange()
  chunk.upload(64 * MIB)
  await change
  expect(held.findClaimable()).toBe('any')
  const next = start(video(), 'video_2', 'video')
  expect(held.findClaimable()).toBeNull()
  const second = held.waitForChange()
  chunk.upload(64 * MIB)
  await second
  expect(held.findClaimable()).toBeNull()
  await next.end()
})

it('makes another chunk of the same job beside half of a chunk, but no third one', async () => {
  const first = start(video(), 'video_1', 'video')
  const change = held.waitForChange()
  first.reachHalf(64 * MIB)
  await change
  expect(held.findClaimable()).toEqual({ anotherChunkOf: 'job_0' })
  const second = start(video(), 'video_2', 'video')
  expect(held.findClaimable()).toBeNull()
  second.reachHalf(MIB)
  expect(held.findClaimable()).toBeNull()
  await first.end()
  expect(held.findClaimable()).toEqual({ anotherChunkOf: 'job_0' })
  second.upload(MIB)
  expect(held.findClaimable()).toBe('any')
})

it('makes a chunk of more than 64 MiB alone', () => {
  const chunk = start(video(), 'video_1', 'video')
  chunk.reachHalf(64 * MIB + 1)
  expect(held.findClaimable()).toBeNull()
})

it('ends the small jobs every two seconds, so that another one has its turn', async () => {
  expect(held.findClaimable()).toBe('any')
  const first = start(image(), 'job_1')
  now = 1_999
  const second = start(image(), 'job_2')
  await first.end()
  expect(held.findClaimable()).toBe('small')
  now = 2_000
  expect(held.findClaimable()).toBeNull()
  second.upload(1)
  expect(held.findClaimable()).toBe('any')
})

it('holds at most twice as many jobs as it runs', () => {
  for (const id of ['job_1', 'job_2', 'job_3', 'job_4']) {
    expect(held.findClaimable()).not.toBeNull()
    start(image(), id).upload(1)
  }
  expect(held.findClaimable()).toBeNull()
})
