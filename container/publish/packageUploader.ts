/** Where the files of a package go: to the gateway, each whole, a few at a time. */
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { MAX_PACKAGE_FILE_BYTES } from '../../src/contract/runnerProtocol.ts'
import { GatewayRejection, GatewayUnreachable, JobFailure } from '../failures.ts'
import type { RunningAttempt } from '../attempt/types.ts'

/** Files on their way at once. */
const AT_ONCE = 4

export type PackageUploader = ReturnType<typeof createPackageUploader>

/** Stores files, a few at once whoever asks, and counts what is stored. */
export function createPackageUploader({ assignment, client, signal: attempt }: RunningAttempt) {
  const sizes = new Map<string, number>()
  const limit = limited(AT_ONCE)
  return {
    stored() {
      return { files: sizes.size, bytes: [...sizes.values()].reduce((sum, size) => sum + size, 0) }
    },
    /**
     * @param file its absolute path, whose last part is its name; it may be removed once stored
     * @throws JobFailure `storage` when the gateway does not take it; LeaseLost; the signal's reason
     */
    put: (file: string, signal: AbortSignal = attempt) =>
      limit(async () => {
        const name = basename(file)
        signal.throwIfAborted()
        const { size } = await stat(file)
        if (size > MAX_PACKAGE_FILE_BYTES) {
          throw tooLarge(name, size)
        }
        try {
          await client.putFile(assignment, name, file, signal)
        } catch (error) {
          if (error instanceof GatewayUnreachable || error instanceof GatewayRejection) {
            throw new JobFailure('storage', 'The result could not be stored.', { cause: error })
          }
          throw error
        }
        sizes.set(name, size)
      }),
  }
}

/** All of them end before the first that failed is told of, so that nothing goes on behind it. */
export async function waitForAll(all: Promise<void>[]): Promise<void> {
  const ended = await Promise.allSettled(all)
  const failed = ended.find((each) => each.status === 'rejected')
  if (failed !== undefined) {
    throw failed.reason
  }
}

/** Runs what it is given in the order in which it came, no more than `most` at a time. */
function limited(most: number) {
  let free = most
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
      const next = waiting.shift()
      if (next === undefined) {
        free += 1
      } else {
        next()
      }
    }
  }
}

function tooLarge(name: string, size: number): JobFailure {
  const [has, most] = [size, MAX_PACKAGE_FILE_BYTES].map((bytes) => Math.round(bytes / 1e6))
  return new JobFailure(
    'unsupported',
    `A file of the result (${name}) has ${has} MB; ${most} MB are the most. Shorter segments (sd) or a lower quality (q) make it smaller.`,
  )
}
