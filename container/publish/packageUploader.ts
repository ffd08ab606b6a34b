/** Uploads the files of a package to the gateway, a few at a time, and counts them. */
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { MAX_PACKAGE_FILE_BYTES } from '../../src/contract/runnerProtocol.ts'
import type { RunningAttempt } from '../attempt/types.ts'
import { JobFailure, toStorageFailure } from '../failures.ts'
import { OUTPUT_NOT_STORED } from '../gateway/uploadOutput.ts'

const MAX_CONCURRENT_UPLOADS = 4

export type PackageUploader = ReturnType<typeof createPackageUploader>

export function createPackageUploader(attempt: RunningAttempt) {
  const { assignment, client } = attempt
  const files = new Map<string, { size: number; etag: string }>()
  const limit = createConcurrencyLimit(MAX_CONCURRENT_UPLOADS)
  return {
    /** Number and size of the files that are stored. */
    stored() {
      const bytes = [...files.values()].reduce((sum, { size }) => sum + size, 0)
      return { files: files.size, bytes }
    },
    /** ETags of the files that are stored, by their names. */
    etags: (): Record<string, string> =>
      Object.fromEntries([...files].map(([name, { etag }]) => [name, etag])),
    /**
     * Stores a file under the last part of its path. Afterwards the file may be removed.
     *
     * @param file its absolute path
     * @throws JobFailure: `storage` when the gateway rejects it or is unreachable, `unsupported`
     *   when it is too large; LeaseLost; AttemptReleased; the signal's reason
     */
    upload: (file: string, signal: AbortSignal = attempt.signal) =>
      limit(async () => {
        const name = basename(file)
        signal.throwIfAborted()
        const { size } = await stat(file)
        if (size > MAX_PACKAGE_FILE_BYTES) {
          throw fileTooLarge(name, size)
        }
        try {
          const etag = await client.putFile(assignment, name, { file }, signal)
          files.set(name, { size, etag })
        } catch (error) {
          throw toStorageFailure(error, OUTPUT_NOT_STORED)
        }
      }),
  }
}

/**
 * Waits until all promises have settled, so that no upload is still active, and then throws the
 * error of the first promise in the list that was rejected.
 */
export async function waitForAll(all: Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(all)
  const failed = results.find((each) => each.status === 'rejected')
  if (failed !== undefined) {
    throw failed.reason
  }
}

/** Returns a function that runs others in the order of its calls, at most `max` at a time. */
function createConcurrencyLimit(max: number) {
  let free = max
  const waiting: (() => void)[] = []
  return async <T>(run: () => Promise<T>): Promise<T> => {
    if (free > 0) {
      free -= 1
    } else {
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
    try {
      return await run()
    } finally {
      // The oldest waiting call takes over the free place, so that a newer call cannot take it.
      const next = waiting.shift()
      if (next === undefined) {
        free += 1
      } else {
        next()
      }
    }
  }
}

function fileTooLarge(name: string, size: number): JobFailure {
  const [actual, max] = [size, MAX_PACKAGE_FILE_BYTES].map((bytes) => Math.round(bytes / 1e6))
  return new JobFailure(
    'unsupported',
    `The size of the file ${name} in the output is ${actual} MB; at most ${max} MB are allowed. Request a lower quality (q). For a stream, you can also request shorter segments (sd).`,
  )
}
