import { expect, it } from 'vitest'
import { HeldLeases } from '../../../src/events/HeldLeases.ts'
import type { HeldLease } from '../../../src/services/ports.ts'

function chunkLease(index: number, progress: number, active: number): HeldLease {
  return {
    jobId: `job.2.${index}`,
    fence: 1,
    filePath: 'film.mp4',
    progress,
    stage: 'encode',
    etaSeconds: null,
    fps: 10,
    speed: 1,
    runnerSecretHash: null,
    leaseSeconds: 30,
    latestExpiry: 1_000_000,
    isPlayable: false,
    isChunk: true,
    chunk: {
      jobId: 'job',
      fence: 2,
      share: 40,
      finishedShare: 20,
      done: 1,
      active,
      total: 3,
      jobSeconds: 90,
    },
  }
}

function progressOf(leases: HeldLeases, lease: HeldLease) {
  return leases.describeJob(leases.hold(lease, 0))?.progress ?? null
}

it('the progress of a split job does not decrease after a restart of the hub', () => {
  const before = new HeldLeases()
  expect(progressOf(before, chunkLease(1, 50, 1))).toBe(40)
  expect(progressOf(before, chunkLease(2, 50, 2))).toBe(60)
  const after = new HeldLeases()
  // The other runner has not reported to this hub yet.
  expect(progressOf(after, chunkLease(1, 55, 2))).toBeNull()
  expect(after.readProgress(['job'])).toEqual([])
  expect(progressOf(after, chunkLease(2, 55, 2))).toBe(64)
})

it('the progress of a split job is known again after a restart although a runner is lost', () => {
  const leases = new HeldLeases()
  const progress = Array.from({ length: 10 }, (_, report) =>
    progressOf(leases, chunkLease(1, 50 + report, 2)),
  )
  expect(progress.at(-1)).toBeCloseTo(43.6)
})
