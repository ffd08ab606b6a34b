/** Stores the bytes of a variant as an object of another service: at once, or in parts over several steps. */
import { updateExport } from '../../db/exports.ts'
import type { ExportRow } from '../../db/rows.ts'
import type { ObjectStore, StoredObject } from '../../storage/objectStore.ts'
import type { Platform } from '../ports.ts'
import { DestinationError, ExportLostError, LEASE_MS, VariantLostError } from './exportErrors.ts'

const MIB = 1024 * 1024
/** A smaller variant is stored with one request. */
const MIN_PART_BYTES = 8 * MIB
/** The list of parts is written with each of them. */
const MAX_PARTS = 1_000
/** A step begins no further part after this time. */
const STEP_MS = 60_000
/** Names the variant, so that an object is recognized whose answer was lost. */
const VARIANT = 'reelqueue-variant'

export interface ExportStepState {
  platform: Platform
  row: ExportRow
  store: ObjectStore
  /** Called with the number of stored bytes. */
  onProgress: (storedBytes: number, sizeBytes: number) => void
}

export type Stored = Pick<StoredObject, 'etag' | 'sizeBytes'>

/** Returns what is stored; null if another step follows. */
export async function storeObject(state: ExportStepState): Promise<Stored | null> {
  const { row, platform } = state
  const variant = await platform.variants.head(row.outputKey)
  if (!variant) {
    throw new VariantLostError()
  }
  return variant.sizeBytes <= MIN_PART_BYTES
    ? storeAtOnce(state, variant)
    : storeInParts(state, variant)
}

function attributesOf({ key, contentType }: StoredObject) {
  return {
    contentType: contentType ?? 'application/octet-stream',
    metadata: { [VARIANT]: key },
  }
}

function keyOf({ destination }: ExportRow): string {
  return (JSON.parse(destination) as { key: string }).key
}

async function storeAtOnce(
  { platform, row, store }: ExportStepState,
  variant: StoredObject,
): Promise<Stored> {
  const content = await platform.variants.get(row.outputKey)
  if (!content.ok) {
    throw new VariantLostError()
  }
  const { sizeBytes } = variant
  const sized = { body: content.body, sizeBytes }
  const put = await atDestination(store.put(keyOf(row), sized, attributesOf(variant)))
  if (!put.ok) {
    throw new Error(`the variant does not have ${sizeBytes} bytes`)
  }
  return put.object
}

async function storeInParts(state: ExportStepState, variant: StoredObject): Promise<Stored | null> {
  const { platform, row, store } = state
  const until = Date.now() + STEP_MS
  const { sizeBytes } = variant
  const partBytes = Math.max(MIN_PART_BYTES, Math.ceil(sizeBytes / MAX_PARTS / MIB) * MIB)
  const upload = { key: keyOf(row), uploadId: row.uploadId ?? (await beginUpload(state, variant)) }
  for (let offset = row.parts.length * partBytes; offset < sizeBytes; offset += partBytes) {
    if (Date.now() >= until) {
      return null
    }
    const length = Math.min(partBytes, sizeBytes - offset)
    const content = await platform.variants.get(row.outputKey, { range: { offset, length } })
    if (!content.ok) {
      throw new VariantLostError()
    }
    const sized = { body: content.body, sizeBytes: length }
    const stored = await atDestination(store.uploadPart(upload, row.parts.length + 1, sized))
    if (!stored.ok) {
      return (await findStored(state, variant)) ?? startAgain(state)
    }
    await keep(state, { parts: [...row.parts, stored.part], failures: 0 })
    state.onProgress(offset + length, sizeBytes)
  }
  const completed = await atDestination(store.completeMultipartUpload(upload, row.parts))
  if (completed.ok) {
    return completed.object
  }
  // `replaced`: another client has written to the key since.
  return completed.reason === 'replaced'
    ? { etag: completed.etag, sizeBytes }
    : ((await findStored(state, variant)) ?? startAgain(state))
}

/** The upload is recorded before its first part, so that it can be deleted. */
async function beginUpload(state: ExportStepState, variant: StoredObject): Promise<string> {
  const { row, store } = state
  const upload = await atDestination(store.createMultipartUpload(keyOf(row), attributesOf(variant)))
  try {
    await keep(state, { uploadId: upload.uploadId })
  } catch (error) {
    await store.abortMultipartUpload(upload).catch(() => undefined)
    throw error
  }
  return upload.uploadId
}

/** An upload that does not exist any more can have been completed by a request whose answer was lost. */
async function findStored(
  { row, store }: ExportStepState,
  variant: StoredObject,
): Promise<Stored | null> {
  const object = await atDestination(store.head(keyOf(row)))
  return object?.metadata[VARIANT] === variant.key && object.sizeBytes === variant.sizeBytes
    ? object
    : null
}

async function startAgain(state: ExportStepState): Promise<never> {
  const { row, store } = state
  if (row.uploadId !== null) {
    const upload = { key: keyOf(row), uploadId: row.uploadId }
    await atDestination(store.abortMultipartUpload(upload))
  }
  await keep(state, { uploadId: null, parts: [] })
  throw new DestinationError(new Error('the upload does not exist any more, or lacks a part'))
}

/** Records what is stored, in the row too, and extends the lease. @throws ExportLostError */
async function keep(
  { platform, row }: ExportStepState,
  changes: Partial<Pick<ExportRow, 'uploadId' | 'parts' | 'failures'>>,
): Promise<void> {
  const until = Date.now() + LEASE_MS
  if (!(await updateExport(platform.db, row, { ...changes, dueAt: until, leasedUntil: until }))) {
    throw new ExportLostError()
  }
  Object.assign(row, changes)
}

/** @throws DestinationError for a failure of the other service */
async function atDestination<Result>(request: Promise<Result>): Promise<Result> {
  try {
    return await request
  } catch (error) {
    throw new DestinationError(error)
  }
}
