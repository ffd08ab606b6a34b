/**
 * The lock of a tus upload: one request at a time stores bytes. It is a lease in the upload's row,
 * which the request extends while bytes arrive. So the lock of a Worker that has died expires.
 */
import {
  extendTusLock,
  recordTusProgress,
  releaseTusLock,
  type StoredPart,
  type TusLock,
} from '../../db/tusUploads.ts'
import type { Platform } from '../ports.ts'

const LOCK_MS = 30_000
const EXTEND_AFTER_MS = 10_000

/** The lock was lost: the upload was ended, or another request has taken it. */
export class LockLostError extends Error {
  override name = 'LockLostError'
}

export function lockUntil(): number {
  return Date.now() + LOCK_MS
}

export class HeldLock {
  private readonly platform: Platform
  private readonly lock: TusLock
  private extendedAt = Date.now()

  constructor(platform: Platform, lock: TusLock) {
    this.platform = platform
    this.lock = lock
  }

  /** Extends the lock if it is time to. @throws LockLostError */
  async keep(): Promise<void> {
    if (Date.now() - this.extendedAt < EXTEND_AFTER_MS) {
      return
    }
    const extendedAt = Date.now()
    if (!(await extendTusLock(this.platform.db, this.lock, lockUntil()))) {
      throw new LockLostError()
    }
    this.extendedAt = extendedAt
  }

  /** Records what was stored. @throws LockLostError */
  async record(stored: {
    parts: StoredPart[]
    offsetBytes: number
    tailKey: string | null
  }): Promise<void> {
    if (!(await recordTusProgress(this.platform.db, this.lock, stored))) {
      throw new LockLostError()
    }
  }

  async release(): Promise<void> {
    await releaseTusLock(this.platform.db, this.lock)
  }
}
