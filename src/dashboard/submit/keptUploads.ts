/**
 * Uploads that have begun and are not complete. The browser keeps their ids, so that they continue
 * after the page was closed or reloaded, as soon as the file is chosen again.
 */
import { ReelqueueError, type StoredFile, type UploadOptions } from '../../client/index.ts'
import { client } from '../api.ts'

/** Smaller than the parts of the client, so that less is sent again. Smaller files have no parts. */
const PART_SIZE_BYTES = 8 * 1024 * 1024
const MAX_PARTS = 10_000
const STORAGE_KEY = 'uploads'

export interface KeptUpload {
  uploadId: string
  filePath: string
  name: string
  size: number
  lastModified: number
}

export function listKept(): KeptUpload[] {
  try {
    return JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '[]') as KeptUpload[]
  } catch {
    return []
  }
}

function write(uploads: KeptUpload[]): void {
  localStorage.setItem(STORAGE_KEY, JSON.stringify(uploads))
}

export function forget(uploadId: string): void {
  write(listKept().filter((kept) => kept.uploadId !== uploadId))
}

/** Finds the upload of a file that was chosen again. */
export function findKept(file: File): KeptUpload | undefined {
  return listKept().find(
    ({ name, size, lastModified }) =>
      name === file.name && size === file.size && lastModified === file.lastModified,
  )
}

/** Returns the number of bytes that are stored; null if the upload cannot be continued. */
export async function readStoredBytes({ uploadId }: KeptUpload): Promise<number | null> {
  try {
    const { parts, completedAt } = await client.files.getUpload(uploadId)
    return completedAt === null ? parts.reduce((sum, { size }) => sum + size, 0) : null
  } catch (error) {
    if (error instanceof ReelqueueError && error.status === 404) {
      return null
    }
    throw error
  }
}

/** Aborts the upload, which deletes its parts. */
export async function discard({ uploadId }: KeptUpload): Promise<void> {
  await client.files.abortUpload(uploadId)
  forget(uploadId)
}

/** Stores a file. Continues its upload if it has one for this path. */
export async function storeFile(
  filePath: string,
  file: File,
  options: Pick<UploadOptions, 'signal' | 'onProgress'>,
): Promise<StoredFile> {
  const { name, size, lastModified } = file
  const found = findKept(file)
  const kept = found?.filePath === filePath ? found : undefined
  const uploadId = kept && (await readStoredBytes(kept)) !== null ? kept.uploadId : undefined
  if (kept && uploadId === undefined) {
    forget(kept.uploadId)
  }
  let used = uploadId
  const stored = await client.files.upload(filePath, file, {
    ...options,
    uploadId,
    partSizeBytes: Math.max(PART_SIZE_BYTES, Math.ceil(size / MAX_PARTS)),
    onUploadId: (id) => {
      used = id
      write([...listKept(), { uploadId: id, filePath, name, size, lastModified }])
    },
  })
  if (used !== undefined) {
    forget(used)
  }
  return stored
}
