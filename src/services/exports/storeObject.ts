/** Stores a file of the service as an object of another service: at once, or in parts over several steps. */
import { updateExport } from '../../db/exports.ts'
import type { UploadedPart } from '../../contract/uploadParts.ts'
import type { ExportRow, JobRow } from '../../db/rows.ts'
import type { ObjectStore, StoredObject } from '../../storage/objectStore.ts'
import { S3Error } from '../../storage/s3/client.ts'
import type { Platform } from '../ports.ts'
import { DestinationError, ExportLostError, LEASE_MS, VariantLostError } from './exportErrors.ts'

const MIB = 1024 * 1024
/** A smaller file is stored with one request. */
export const MIN_PART_BYTES = 8 * MIB
/** The list of parts is written with each of them. */
const MAX_PARTS = 1_000
/** Time for which a request may wait for its bytes, before the lease is extended. */
const MAX_WAIT_MS = 20_000
/** Names the variant, so that an object is recognized whose answer was lost. */
const VARIANT = 'reelqueue-variant'

export interface ExportStepState {
  platform: Platform
  row: ExportRow
  job: JobRow
  store: ObjectStore
  /** The step begins no further request after this time (ms). */
  until: number
  /** Called with the number of stored bytes. */
  onProgress: (storedBytes: number, sizeBytes: number) => void
}

/** A variant, or a file of a package. */
export interface ExportFile {
  /** Its key in the service. */
  source: string
  /** Its key at the destination. */
  key: string
}

export type Stored = Pick<StoredObject, 'etag' | 'sizeBytes'> & { files?: number }

/** Returns what is stored; null if another step follows. */
export async function storeObject(
  state: ExportStepState,
  file: ExportFile,
): Promise<Stored | null> {
  const variant = await state.platform.variants.head(file.source)
  if (!variant) {
    throw new VariantLostError()
  }
  return variant.sizeBytes <= MIN_PART_BYTES
    ? storeAtOnce(state, file)
    : storeInParts(state, file, variant)
}

function attributesOf({ key, contentType }: StoredObject) {
  return {
    contentType: contentType ?? 'application/octet-stream',
    metadata: { [VARIANT]: key },
  }
}

export async function storeAtOnce(state: ExportStepState, file: ExportFile): Promise<Stored> {
  const content = await state.platform.variants.get(file.source)
  if (!content.ok) {
    throw new VariantLostError()
  }
  await holdLease(state)
  const { sizeBytes } = content.object
  const sized = { body: content.body, sizeBytes }
  const put = await atDestination(state.store.put(file.key, sized, attributesOf(content.object)))
  if (!put.ok) {
    throw new Error(`the variant does not have ${sizeBytes} bytes`)
  }
  return put.object
}

async function storeInParts(
  state: ExportStepState,
  file: ExportFile,
  variant: StoredObject,
): Promise<Stored | null> {
  const { platform, row, store } = state
  const { sizeBytes } = variant
  const partBytes = Math.max(MIN_PART_BYTES, Math.ceil(sizeBytes / MAX_PARTS / MIB) * MIB)
  const uploadId = row.uploadId ?? (await beginUpload(state, file, variant))
  const upload = { key: file.key, uploadId }
  for (let offset = partsOf(row).length * partBytes; offset < sizeBytes; offset += partBytes) {
    if (Date.now() >= state.until) {
      return null
    }
    const length = Math.min(partBytes, sizeBytes - offset)
    const content = await platform.variants.get(file.source, { range: { offset, length } })
    if (!content.ok) {
      throw new VariantLostError()
    }
    await holdLease(state)
    const parts = partsOf(row)
    const sized = { body: content.body, sizeBytes: length }
    const stored = await atDestination(store.uploadPart(upload, parts.length + 1, sized))
    if (!stored.ok) {
      return (await findStored(state, file, variant)) ?? startAgain(state, file)
    }
    await keep(state, { parts: withParts(row, [...parts, stored.part]), failures: 0 })
    state.onProgress(offset + length, sizeBytes)
  }
  const completed = await atDestination(store.completeMultipartUpload(upload, partsOf(row)))
  if (completed.ok) {
    return completed.object
  }
  // `replaced`: another client has written to the key since.
  return completed.reason === 'replaced'
    ? { etag: completed.etag, sizeBytes }
    : ((await findStored(state, file, variant)) ?? startAgain(state, file))
}

/** The upload is recorded before its first part, so that it can be deleted. */
async function beginUpload(
  state: ExportStepState,
  { key }: ExportFile,
  variant: StoredObject,
): Promise<string> {
  const { row, store } = state
  const upload = await atDestination(store.createMultipartUpload(key, attributesOf(variant)))
  try {
    await keep(state, { uploadId: upload.uploadId, parts: withParts(row, []) })
  } catch (error) {
    await store.abortMultipartUpload(upload).catch(() => undefined)
    throw error
  }
  return upload.uploadId
}

/** An upload that does not exist any more can have been completed by a request whose answer was lost. */
async function findStored(
  { store }: ExportStepState,
  { key }: ExportFile,
  variant: StoredObject,
): Promise<Stored | null> {
  const object = await atDestination(findObject(store, key))
  return object?.metadata[VARIANT] === variant.key && object.sizeBytes === variant.sizeBytes
    ? object
    : null
}

/** S3 answers 403 instead of 404 if the credential may not list the bucket. */
async function findObject(store: ObjectStore, key: string): Promise<StoredObject | null> {
  try {
    return await store.head(key)
  } catch (error) {
    if (error instanceof S3Error && error.status === 403) {
      return null
    }
    throw error
  }
}

async function startAgain(state: ExportStepState, { key }: ExportFile): Promise<never> {
  const { row, store } = state
  if (row.uploadId !== null) {
    await atDestination(store.abortMultipartUpload({ key, uploadId: row.uploadId }))
  }
  await keep(state, { uploadId: null, parts: withParts(row, []) })
  throw new DestinationError(new Error('the upload does not exist any more, or lacks a part'))
}

/** The parts of the current upload. */
function partsOf({ parts }: ExportRow): UploadedPart[] {
  return Array.isArray(parts) ? parts : parts.parts
}
function withParts({ parts }: ExportRow, uploaded: UploadedPart[]): ExportRow['parts'] {
  return Array.isArray(parts) ? uploaded : { ...parts, parts: uploaded }
}

/** Extends the lease if a request that begins now could end after it. */
async function holdLease(state: ExportStepState): Promise<void> {
  if (state.row.leasedUntil - Date.now() < LEASE_MS - MAX_WAIT_MS) {
    await keep(state, {})
  }
}

/** Records what is stored, in the row too, and extends the lease. @throws ExportLostError */
export async function keep(
  { platform, row }: ExportStepState,
  changes: Partial<Pick<ExportRow, 'uploadId' | 'parts' | 'failures'>>,
): Promise<void> {
  const until = Date.now() + LEASE_MS
  if (!(await updateExport(platform.db, row, { ...changes, dueAt: until, leasedUntil: until }))) {
    throw new ExportLostError()
  }
  Object.assign(row, changes, { leasedUntil: until })
}

/** @throws DestinationError for a failure of the other service */
async function atDestination<Result>(request: Promise<Result>): Promise<Result> {
  try {
    return await request
  } catch (error) {
    throw new DestinationError(error)
  }
}
