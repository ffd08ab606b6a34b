/**
 * Stores the next part of an import. A part of known size is streamed to the store. If the size of the file is not
 * known, the last part can end anywhere, and the store needs the size of a part first: such parts are smaller, and held
 * in memory.
 */
import type { StoredPart } from '../../db/tusUploads.ts'
import { joinBytes } from '../../domain/joinBytes.ts'
import type { BodyReader } from '../../storage/bodyReader.ts'
import type { MultipartUpload, ObjectStore, PartResult } from '../../storage/objectStore.ts'
import { EndedEarly, StreamSink } from '../../storage/streamSink.ts'

/** Part size of a file whose size is not known. It is held in memory. */
export const MEMORY_PART_BYTES = 8 * 1024 * 1024

export interface PartSource {
  body: BodyReader
  /** Bytes that were read before, to check them. */
  leading: Uint8Array
  /** Called after each piece. */
  onBytes(newBytes: number): Promise<void>
}

export type PartOutcome =
  /** `part` is null if there were no bytes left. */
  | { ok: true; part: StoredPart | null; isLast: boolean }
  /** `cut`: the body ended too early. `gone`: the upload does not exist any more. */
  | { ok: false; reason: 'cut' | 'gone' }

/** @param sizeBytes size of the part; null if the size of the file is not known */
export async function storePart(
  store: ObjectStore,
  upload: MultipartUpload,
  partNumber: number,
  sizeBytes: number | null,
  source: PartSource,
): Promise<PartOutcome> {
  const put = (content: Parameters<ObjectStore['uploadPart']>[2]) =>
    store.uploadPart(upload, partNumber, content)
  if (sizeBytes === null) {
    return storeRest(put, partNumber, source)
  }
  const sink = new StreamSink<PartResult>(sizeBytes, put)
  try {
    for await (const bytes of readPieces(source, sizeBytes)) {
      await sink.write(bytes)
      await source.onBytes(bytes.length)
    }
    if (sink.writtenBytes < sizeBytes) {
      await sink.abort()
      return { ok: false, reason: 'cut' }
    }
    const stored = await sink.finish()
    return stored.ok
      ? { ok: true, part: { ...stored.part, size: sizeBytes }, isLast: false }
      : failed(stored)
  } catch (error) {
    await sink.abort()
    if (error instanceof EndedEarly) {
      return failed(error.result as { reason: string })
    }
    throw error
  }
}

async function storeRest(
  put: (content: Parameters<ObjectStore['uploadPart']>[2]) => Promise<PartResult>,
  partNumber: number,
  source: PartSource,
): Promise<PartOutcome> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const bytes of readPieces(source, MEMORY_PART_BYTES)) {
    pieces.push(bytes)
    length += bytes.length
    await source.onBytes(bytes.length)
  }
  if (source.body.isCut) {
    return { ok: false, reason: 'cut' }
  }
  if (length === 0) {
    return { ok: true, part: null, isLast: true }
  }
  const content = joinBytes(pieces, length)
  const stored = await put({ body: new Blob([content]).stream(), sizeBytes: length })
  return stored.ok
    ? { ok: true, part: { ...stored.part, size: length }, isLast: length < MEMORY_PART_BYTES }
    : failed(stored)
}

/** Reads up to `limit` bytes, the leading ones first. */
async function* readPieces(
  { body, leading }: PartSource,
  limit: number,
): AsyncGenerator<Uint8Array> {
  let left = limit
  if (leading.length > 0) {
    yield leading
    left -= leading.length
  }
  while (left > 0) {
    const bytes = await body.read(left)
    if (bytes === null) {
      return
    }
    yield bytes
    left -= bytes.length
  }
}

function failed({ reason }: { reason: string }): { ok: false; reason: 'gone' } {
  if (reason !== 'gone') {
    throw new Error(`the store rejected a part of an import: ${reason}`)
  }
  return { ok: false, reason }
}
