import { describe, expect, test } from 'vitest'
import { HeldLeases } from '../../../src/events/HeldLeases.ts'
import type { HeldLease } from '../../../src/services/ports.ts'

const NOW = 1_000_000

function leaseOf(jobId: string, fields: Partial<HeldLease> = {}): HeldLease {
  return {
    jobId,
    fence: 1,
    filePath: 'film.mp4',
    progress: 0,
    stage: 'encode',
    etaSeconds: null,
    fps: null,
    speed: null,
    runnerSecretHash: null,
    leaseSeconds: 30,
    latestExpiry: NOW + 60_000,
    isPlayable: false,
    isChunk: false,
    ...fields,
  }
}

/** A chunk of a job that was split under this fence. */
function chunkOf(jobId: string, fence: number): HeldLease {
  const counts = { completed: 0, active: 1, total: 2 }
  return leaseOf(`${jobId}.${fence}.0`, {
    isChunk: true,
    chunk: { jobId, fence, share: 50, completedShare: 0, jobSeconds: 60, ...counts },
  })
}

const report = {
  stage: 'encode' as const,
  progress: 1,
  etaSeconds: null,
  fps: null,
  speed: null,
  playable: false,
}

function isHeld(leases: HeldLeases, { jobId, fence }: HeldLease) {
  return leases.extend({ jobId, fence }, report, NOW) !== null
}

describe('a lease that a report brings', () => {
  test('is not held if its job has ended meanwhile', () => {
    const leases = new HeldLeases()
    leases.hold(leaseOf('other'), NOW)
    leases.end([{ jobId: 'job', fence: 1 }], NOW)
    expect(leases.hold(leaseOf('job'), NOW)).toBeNull()
    expect(isHeld(leases, leaseOf('job'))).toBe(false)
    expect(isHeld(leases, leaseOf('other'))).toBe(true)
  })

  test('is not held if it is that of a chunk whose job has ended meanwhile', () => {
    const leases = new HeldLeases()
    leases.end([{ jobId: 'job', fence: 2 }], NOW)
    expect(leases.hold(chunkOf('job', 2), NOW)).toBeNull()
    expect(leases.hold(chunkOf('other', 2), NOW)).not.toBeNull()
  })

  test('is held if the job was claimed or split again after its end', () => {
    const leases = new HeldLeases()
    leases.end([{ jobId: 'job', fence: 1 }], NOW)
    const chunk = chunkOf('job', 2)
    leases.hold(chunk, NOW)
    leases.hold(leaseOf('job', { fence: 2 }), NOW)
    expect(isHeld(leases, chunk)).toBe(true)
    expect(isHeld(leases, leaseOf('job', { fence: 2 }))).toBe(true)
  })

  test('is held although a late message says that an earlier attempt has ended', () => {
    const leases = new HeldLeases()
    const chunk = chunkOf('job', 2)
    leases.hold(chunk, NOW)
    leases.end([{ jobId: 'job', fence: 1 }], NOW)
    expect(isHeld(leases, chunk)).toBe(true)
    leases.end([{ jobId: 'job', fence: 2 }], NOW)
    expect(isHeld(leases, chunk)).toBe(false)
  })

  test('is held again after a round that found it in the database later', () => {
    const leases = new HeldLeases()
    leases.end([{ jobId: 'job', fence: 1 }], NOW)
    leases.synchronize([leaseOf('job', { fence: 2 })], NOW + 1, NOW + 2)
    expect(isHeld(leases, leaseOf('job', { fence: 2 }))).toBe(true)
  })
})
