/**
 * Rejects writes while the disk is nearly full. Only `npm start` binds DISK; on Cloudflare there is
 * no disk that could fill up. A write that runs out of disk in the middle would not end, and the
 * local database would reject reads too.
 */
import { createMiddleware } from 'hono/factory'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import type { ApiEnv } from '../apiEnv.ts'
import { errorResponse } from '../responses/errorResponse.ts'

/** Bytes that are kept free for the database, which stores jobs and events. */
const MIN_FREE_BYTES = 32 * 1024 ** 2

const WRITES = ['POST', 'PUT', 'PATCH']

/**
 * Sum of the Content-Length of all writes in progress: the maximum that they have yet to write. The
 * local Worker runs in one isolate, so this variable covers all requests.
 */
let expectedBytes = 0

export const requireDiskSpace = createMiddleware<ApiEnv>(async (c, next) => {
  const { DISK } = c.env
  if (DISK === undefined || !WRITES.includes(c.req.method)) {
    return next()
  }
  const sizeBytes = Number(c.req.header('Content-Length') ?? 0) || 0
  const freeBytes = (await readFreeBytes(DISK)) - expectedBytes
  if (freeBytes < sizeBytes + MIN_FREE_BYTES) {
    // Read to its end: many clients do not read a response while they still send.
    await c.req.raw.body?.pipeTo(new WritableStream())
    return errorResponse(c, diskFullError(freeBytes))
  }
  expectedBytes += sizeBytes
  try {
    return await next()
  } finally {
    expectedBytes -= sizeBytes
  }
})

/**
 * Returns the error result if an error says that storage is full, or if the disk nearly is;
 * otherwise null.
 */
export async function findDiskFullError(
  error: Error,
  DISK: Fetcher | undefined,
): Promise<ErrorResult<'insufficient_storage'> | null> {
  if (/SQLITE_FULL|No space left on device|Exceeded maximum DB size/.test(error.message)) {
    return diskFullError(null)
  }
  // Some errors of the local object store do not state their cause, so all count here.
  const freeBytes = DISK ? await readFreeBytes(DISK).catch(() => Infinity) : Infinity
  return freeBytes < MIN_FREE_BYTES ? diskFullError(freeBytes) : null
}

async function readFreeBytes(disk: Fetcher): Promise<number> {
  const response = await disk.fetch('http://disk/')
  return Number(await response.text())
}

/** @param freeBytes null if they are not known */
function diskFullError(freeBytes: number | null): ErrorResult<'insufficient_storage'> {
  const megabytes = Math.max(0, Math.floor((freeBytes ?? 0) / 1024 ** 2))
  const reason =
    freeBytes === null
      ? ''
      : `: ${megabytes} MiB are free, and ${MIN_FREE_BYTES / 1024 ** 2} MiB must stay free for the database`
  return errorResult(
    'insufficient_storage',
    `The storage of this service is full${reason}. Delete files (DELETE /files/{path}) or other data, then try again.`,
  )
}
