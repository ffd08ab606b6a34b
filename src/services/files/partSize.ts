/** Sizes of the parts of uploads that the service itself divides. */
import { MAX_PARTS } from '../../contract/uploadParts.ts'

const MIB = 1024 * 1024
/** R2's minimum. */
const MIN_PART_BYTES = 5 * MIB
/** Part size of files of the maximum length, and of those whose length is not known yet. */
export const MAX_PART_BYTES = 32 * MIB
export const MAX_FILE_BYTES = MAX_PARTS * MAX_PART_BYTES

/** @param lengthBytes null if it is not known yet */
export function choosePartSize(lengthBytes: number | null): number {
  return lengthBytes === null
    ? MAX_PART_BYTES
    : Math.max(MIN_PART_BYTES, Math.ceil(lengthBytes / MAX_PARTS / MIB) * MIB)
}
