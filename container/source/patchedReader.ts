/** Reads a file of which some bytes are replaced. */
import { countBytes, type ReadBlock } from './blockCache.ts'

export interface Patch {
  start: number
  bytes: Buffer
}

export function patchReader(readBlock: ReadBlock, patches: readonly Patch[]): ReadBlock {
  return async (position, signal) => {
    const block = await readBlock(position, signal)
    const end = position + countBytes(block)
    const overlapping = patches.filter(
      ({ start, bytes }) => start < end && start + bytes.length > position,
    )
    if (overlapping.length === 0) {
      return block
    }
    // The block is shared with other readers.
    const copy = Buffer.concat(block)
    for (const { start, bytes } of overlapping) {
      const from = Math.max(0, position - start)
      bytes.copy(copy, start + from - position, from)
    }
    return [copy]
  }
}
