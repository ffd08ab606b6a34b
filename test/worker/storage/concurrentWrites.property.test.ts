/**
 * Writers of one path, interleaved in any order. Each makes a reservation, then stores or deletes
 * the object in R2 or fails, then records its write or releases its reservation.
 */
import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { StorageReservation } from '../../../src/db/files.ts'
import {
  beginWrite,
  reserveStorage,
  releaseReservations,
  finishWrite,
} from '../../../src/services/files/storageQuota.ts'
import { readStoredSize } from '../../../src/storage/originals.ts'
import { openPlatform, countRows } from '../helpers/database.ts'
import { makeKey, storedBytes } from '../helpers/apiKeys.ts'

const writer = fc.record({
  does: fc.constantFrom('store', 'store', 'remove', 'fail'),
  who: fc.constantFrom(0, 1, null),
  size: fc.integer({ min: 1, max: 1_000 }),
})
interface Writer {
  does: string
  who: number | null
  size: number
}
/** Up to five writers, and the order in which they take their three steps. */
const interleaved = fc.array(writer, { minLength: 2, maxLength: 5 }).chain((writers) => {
  const turns = writers.flatMap((_, index) => [index, index, index])
  return fc.record({
    writers: fc.constant(writers),
    turns: fc.shuffledSubarray(turns, { minLength: turns.length }),
  })
})
const { platform } = openPlatform()

function begin({ does, who, size }: Writer, filePath: string, ids: string[]): () => Promise<void> {
  const keyId = who === null || does === 'remove' ? null : ids[who]!
  const known = does === 'remove' ? { keyId: null, sizeBytes: 0 } : { keyId, sizeBytes: size }
  let write: StorageReservation
  const steps = [
    async () => {
      if (does === 'remove') {
        write = await beginWrite(platform, filePath)
      } else {
        const reserved = await reserveStorage(platform, keyId, [{ filePath, sizeBytes: size }])
        if (!reserved.ok) {
          throw new Error(reserved.message)
        }
        write = reserved.reservations[0]!
      }
    },
    async () => {
      if (does === 'remove') {
        return env.ORIGINALS.delete(filePath)
      }
      if (does === 'fail') {
        return
      }
      const customMetadata = keyId === null ? {} : { 'reelqueue-key': keyId }
      await env.ORIGINALS.put(filePath, new Uint8Array(size), { customMetadata })
    },
    () =>
      does === 'fail'
        ? releaseReservations(platform, [write])
        : finishWrite(platform, write, known),
  ]
  return () => steps.shift()!()
}

it('the recorded file is the object in R2', { timeout: 120_000 }, async () => {
  let run = 0
  const between = new Set<boolean>()
  await fc.assert(
    fc.asyncProperty(interleaved, async ({ writers, turns }) => {
      const filePath = `settling/${++run}.mp4`
      const ids = [(await makeKey()).id, (await makeKey()).id]
      const takeTurn = writers.map((one) => begin(one, filePath, ids))
      for (const turn of turns) {
        await takeTurn[turn]!()
      }
      const found = await readStoredSize(platform.originals, filePath)
      for (const id of ids) {
        expect(await storedBytes({ id })).toBe(found.keyId === id ? found.sizeBytes : 0)
      }
      expect(await countRows('storage_reservations')).toBe(0)
      between.add(found.keyId === null)
    }),
    {
      numRuns: 80,
      // The writer that writes first is the last to record its write.
      examples: [
        [
          {
            writers: [
              { does: 'store', who: 0, size: 10 },
              { does: 'store', who: 1, size: 20 },
            ],
            turns: [0, 1, 0, 1, 1, 0],
          },
        ],
      ],
    },
  )
  // Some runs must have ended with a file of an API key, and others without one.
  expect(between.size).toBe(2)
})
