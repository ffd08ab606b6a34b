/**
 * Writers of one path, whose steps are interleaved at random. Each writer begins its write, then
 * changes the object in R2 or fails, then records the result or releases its reservation.
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
  action: fc.constantFrom('store', 'store', 'remove', 'fail'),
  keyIndex: fc.constantFrom(0, 1, null),
  size: fc.integer({ min: 1, max: 1_000 }),
})
interface Writer {
  action: string
  keyIndex: number | null
  size: number
}
/** Two to five writers, and the order in which they take their three steps each. */
const interleaved = fc.array(writer, { minLength: 2, maxLength: 5 }).chain((writers) => {
  const turns = writers.flatMap((_, index) => [index, index, index])
  return fc.record({
    writers: fc.constant(writers),
    turns: fc.shuffledSubarray(turns, { minLength: turns.length }),
  })
})
const { platform } = openPlatform()

function begin(
  { action, keyIndex, size }: Writer,
  filePath: string,
  ids: string[],
): () => Promise<void> {
  const keyId = keyIndex === null || action === 'remove' ? null : ids[keyIndex]!
  const known = action === 'remove' ? { keyId: null, sizeBytes: 0 } : { keyId, sizeBytes: size }
  let write: StorageReservation
  const steps = [
    async () => {
      if (action === 'remove') {
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
      if (action === 'remove') {
        return env.ORIGINALS.delete(filePath)
      }
      if (action === 'fail') {
        return
      }
      const customMetadata = keyId === null ? {} : { 'reelqueue-key': keyId }
      await env.ORIGINALS.put(filePath, new Uint8Array(size), { customMetadata })
    },
    () =>
      action === 'fail'
        ? releaseReservations(platform, [write])
        : finishWrite(platform, write, known),
  ]
  return () => steps.shift()!()
}

it('each key is charged for the object that it has in R2', { timeout: 120_000 }, async () => {
  let run = 0
  const endedWithoutKey = new Set<boolean>()
  await fc.assert(
    fc.asyncProperty(interleaved, async ({ writers, turns }) => {
      const filePath = `concurrent/${++run}.mp4`
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
      endedWithoutKey.add(found.keyId === null)
    }),
    {
      numRuns: 40,
      // The writer that writes first is the last to record its write.
      examples: [
        [
          {
            writers: [
              { action: 'store', keyIndex: 0, size: 10 },
              { action: 'store', keyIndex: 1, size: 20 },
            ],
            turns: [0, 1, 0, 1, 1, 0],
          },
        ],
      ],
    },
  )
  // Some runs must have ended with a file of an API key, and others without one.
  expect(endedWithoutKey.size).toBe(2)
})
