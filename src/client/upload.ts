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
  /** Size of the parts; the same when an upload is resumed. At least 5 MiB. Not for direct uploads. */
  partSizeBytes?: number | undefined
  /** Sends the parts of a large file to the bucket, if the service has direct uploads. */
  direct?: boolean | undefined
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
  return uploadParts(http, filePath, { ...options, partSizeBytes, blob })
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

async function sendFile(
  send: Send,
  target: string,
  blob: Blob,
  options: Pick<UploadOptions, 'signal' | 'onProgress'>,
): Promise<StoredFile> {
  const progress = trackProgress(blob.size, options)
  const response = await sendBody(send, target, blob, {
    signal: options.signal,
    onProgress: (bytes) => progress(0, bytes),
  })
  return (await response.json()) as StoredFile
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
  { blob, ...options }: UploadOptions & { blob: Blob; partSizeBytes: number },
): Promise<StoredFile> {
  const { signal } = options
  const { uploadId, stored, ...upload } = await beginOrResume(http, filePath, blob.size, options)
  const parts = cutParts(blob, upload.partSizeBytes)
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
      const sendPart = upload.isDirect ? sendDirectPart : sendServicePart
      const etag = await sendPart(http, { uploadId, partNumber }, content, {
        signal: failure.signal,
        onProgress: (bytes) => progress(partNumber, bytes),
      })
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

interface BegunUpload {
  uploadId: string
  partSizeBytes: number
  isDirect: boolean
  stored: Upload['parts']
}

async function beginOrResume(
  { request }: Http,
  filePath: string,
  totalBytes: number,
  {
    uploadId,
    onUploadId,
    signal,
    direct = false,
    partSizeBytes,
  }: UploadOptions & { partSizeBytes: number },
): Promise<BegunUpload> {
  if (uploadId !== undefined) {
    const upload = await request('get', '/uploads/{uploadId}', { path: { uploadId }, signal })
    const isDirect = upload.directSize !== null
    return {
      uploadId,
      partSizeBytes: isDirect ? upload.partSizeBytes : partSizeBytes,
      isDirect,
      stored: upload.parts,
    }
  }
  const body = { filePath, ...(direct && { directSize: totalBytes }) }
  const begun = await request('post', '/uploads', { body, signal })
  onUploadId?.(begun.uploadId)
  return {
    uploadId: begun.uploadId,
    partSizeBytes: direct ? begun.partSizeBytes : partSizeBytes,
    isDirect: direct,
    stored: [],
  }
}

interface SentPart {
  uploadId: string
  partNumber: number
}
interface SendBodyOptions {
  signal: AbortSignal | undefined
  onProgress: (bytes: number) => void
}

/** Sends a part to the service. Returns its etag. */
async function sendServicePart(
  { send }: Http,
  { uploadId, partNumber }: SentPart,
  content: Blob,
  options: SendBodyOptions,
): Promise<string> {
  const path = `/uploads/${uploadId}/${partNumber}`
  const response = await sendBody(send, path, content, options)
  return ((await response.json()) as { etag: string }).etag
}

/** Sends a part to the URL that the service signs for it. Returns its etag. */
async function sendDirectPart(
  { request, sendTo }: Http,
  { uploadId, partNumber }: SentPart,
  content: Blob,
  options: SendBodyOptions,
): Promise<string> {
  const { url } = await request('get', '/uploads/{uploadId}/{part}/url', {
    path: { uploadId, part: partNumber },
    signal: options.signal,
  })
  const etag = (await sendBody(sendTo, url, content, options)).headers.get('ETag')
  if (etag === null) {
    throw new Error('The bucket must expose the header ETag in its CORS rules.')
  }
  return etag
}

/** Sends a body, and sends it again after temporary errors: storing it twice has no effect. */
function sendBody(
  send: Send,
  target: string,
  body: Blob,
  { signal, onProgress }: SendBodyOptions,
): Promise<Response> {
  const headers = body.type === '' ? {} : { 'Content-Type': body.type }
  const sendOnce = async () => {
    const response = await send('PUT', target, { body, headers, signal, onProgress })
    onProgress(body.size)
    return response
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
