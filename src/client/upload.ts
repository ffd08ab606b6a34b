/** Uploads of files: small ones in one request, larger ones in parts that can be resumed. */
import type { Http } from './http.ts'
import { encodePath } from './http.ts'
import { linkController } from './signals.ts'
import { retryTemporary } from './sleep.ts'
import type { StoredFile, Upload } from './types.ts'

/** Files up to this size are sent in one request. The parts of larger ones have this size. */
const PART_SIZE_BYTES = 16 * 1024 * 1024
const MAX_PARTS = 10_000
const PARTS_AT_ONCE = 3
const MAX_TRIES = 5

export type Content = Blob | ArrayBuffer | Uint8Array<ArrayBuffer> | string
export interface UploadProgress {
  sentBytes: number
  totalBytes: number
}
export interface UploadOptions {
  signal?: AbortSignal | undefined
  onProgress?: ((progress: UploadProgress) => void) | undefined
  /** Called when an upload in parts begins. Keep the id to resume the upload. */
  onUploadId?: ((uploadId: string) => void) | undefined
  /** Resumes this upload: parts that are stored are not sent again. */
  uploadId?: string | undefined
  /** Size of the parts; the same when an upload is resumed. At least 5 MiB. */
  partSizeBytes?: number | undefined
}

type Send = Http['send']
interface Part {
  partNumber: number
  content: Blob
}

export async function uploadFile(
  http: Http,
  filePath: string,
  content: Content,
  options: UploadOptions = {},
): Promise<StoredFile> {
  const blob = toBlob(content)
  const partSizeBytes = options.partSizeBytes ?? choosePartSize(blob.size)
  if (blob.size <= partSizeBytes && options.uploadId === undefined) {
    return sendFile(http.send, `/files/${encodePath(filePath)}`, blob, options)
  }
  return uploadParts(http, filePath, cutParts(blob, partSizeBytes), { ...options, blob })
}

/** Stores a file in one request to a signed URL. */
export function uploadToUrl(
  { sendTo }: Http,
  url: string,
  content: Content,
  options: Pick<UploadOptions, 'signal' | 'onProgress'> = {},
): Promise<StoredFile> {
  return sendFile(sendTo, url, toBlob(content), options)
}

function sendFile(
  send: Send,
  target: string,
  blob: Blob,
  options: Pick<UploadOptions, 'signal' | 'onProgress'>,
): Promise<StoredFile> {
  const progress = trackProgress(blob.size, options)
  return sendBody(send, target, blob, {
    signal: options.signal,
    onProgress: (bytes) => progress(0, bytes),
  })
}

function toBlob(content: Content): Blob {
  return content instanceof Blob ? content : new Blob([content])
}

function choosePartSize(totalBytes: number): number {
  return Math.max(PART_SIZE_BYTES, Math.ceil(totalBytes / MAX_PARTS))
}

function cutParts(blob: Blob, partSizeBytes: number): Part[] {
  return Array.from({ length: Math.ceil(blob.size / partSizeBytes) }, (_, index) => ({
    partNumber: index + 1,
    content: blob.slice(index * partSizeBytes, (index + 1) * partSizeBytes),
  }))
}

async function uploadParts(
  http: Http,
  filePath: string,
  parts: Part[],
  { blob, ...options }: UploadOptions & { blob: Blob },
): Promise<StoredFile> {
  const { signal } = options
  const { uploadId, stored } = await beginOrResume(http, filePath, options)
  const progress = trackProgress(blob.size, options)
  const etags = new Map<number, string>()
  const missing: Part[] = []
  for (const part of parts) {
    const kept = stored.find(
      ({ partNumber, size }) => partNumber === part.partNumber && size === part.content.size,
    )
    if (kept) {
      etags.set(part.partNumber, kept.etag)
      progress(part.partNumber, part.content.size)
    } else {
      missing.push(part)
    }
  }
  // One part that fails stops the others.
  const { controller: failure, release } = linkController(signal)
  async function sendNext(): Promise<void> {
    for (let part = missing.shift(); part; part = missing.shift()) {
      const { partNumber, content } = part
      const { etag } = await sendBody<{ etag: string }>(
        http.send,
        `/uploads/${uploadId}/${partNumber}`,
        content,
        { signal: failure.signal, onProgress: (bytes) => progress(partNumber, bytes) },
      )
      etags.set(partNumber, etag)
    }
  }
  try {
    await Promise.all(Array.from({ length: PARTS_AT_ONCE }, sendNext))
  } catch (error) {
    failure.abort(error)
    throw error
  } finally {
    release()
  }
  return http.request('post', '/uploads/{uploadId}/complete', {
    path: { uploadId },
    body: {
      parts: parts.map(({ partNumber }) => ({ partNumber, etag: etags.get(partNumber)! })),
    },
    signal,
  })
}

async function beginOrResume(
  { request }: Http,
  filePath: string,
  { uploadId, onUploadId, signal }: UploadOptions,
): Promise<{ uploadId: string; stored: Upload['parts'] }> {
  if (uploadId !== undefined) {
    const upload = await request('get', '/uploads/{uploadId}', { path: { uploadId }, signal })
    return { uploadId, stored: upload.parts }
  }
  const begun = await request('post', '/uploads', { body: { filePath }, signal })
  onUploadId?.(begun.uploadId)
  return { uploadId: begun.uploadId, stored: [] }
}

/** Sends a body, and sends it again after temporary errors: storing it twice has no effect. */
function sendBody<Result>(
  send: Send,
  target: string,
  body: Blob,
  { signal, onProgress }: { signal: AbortSignal | undefined; onProgress: (bytes: number) => void },
): Promise<Result> {
  const headers = body.type === '' ? {} : { 'Content-Type': body.type }
  const sendOnce = async () => {
    const response = await send('PUT', target, { body, headers, signal, onProgress })
    onProgress(body.size)
    return (await response.json()) as Result
  }
  return retryTemporary(sendOnce, { signal, maxTries: MAX_TRIES })
}

/** Returns a function that records the bytes sent of a part, and reports the sum. */
function trackProgress(totalBytes: number, { onProgress }: Pick<UploadOptions, 'onProgress'>) {
  const sent = new Map<number, number>()
  return (partNumber: number, bytes: number) => {
    sent.set(partNumber, bytes)
    const sum = [...sent.values()].reduce((total, each) => total + each, 0)
    onProgress?.({ sentBytes: Math.min(sum, totalBytes), totalBytes })
  }
}
