/** Uploads a file, with progress, and continues it after a failure. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { Content, ReelqueueError, StoredFile } from '../index.ts'
import { useClient } from './provider.ts'

/** A path, for a client that may store files; or a URL that your server has signed. */
export type UploadTarget = string | { signedUrl: string }

export interface UploadState {
  status: 'idle' | 'uploading' | 'done' | 'error' | 'cancelled'
  sentBytes: number
  totalBytes: number
  /** The stored file, when it is done. */
  file: StoredFile | null
  error: ReelqueueError | null
  /** Returns the stored file, or null if the upload failed or was cancelled; then see `error`. */
  upload: (target: UploadTarget, content: Content) => Promise<StoredFile | null>
  /** Continues after an error or `cancel`. Parts that are stored are not sent again. */
  resume: () => Promise<StoredFile | null>
  cancel: () => void
}

type Values = Omit<UploadState, 'upload' | 'resume' | 'cancel'>
interface Transfer {
  target: UploadTarget
  content: Content
  uploadId?: string
}

const IDLE: Values = { status: 'idle', sentBytes: 0, totalBytes: 0, file: null, error: null }

/**
 * Uploads one file at a time. The upload is cancelled when another one starts, and when the
 * component is removed.
 *
 * @example const { upload, sentBytes, totalBytes } = useUpload()
 */
export function useUpload(): UploadState {
  const client = useClient()
  const [values, setValues] = useState(IDLE)
  const transfer = useRef<Transfer | null>(null)
  const running = useRef<AbortController | null>(null)

  const send = useCallback(
    async (current: Transfer): Promise<StoredFile | null> => {
      running.current?.abort()
      const controller = new AbortController()
      const { signal } = controller
      running.current = controller
      transfer.current = current
      const update = (changed: Partial<Values>) => {
        if (running.current === controller) {
          setValues((old) => ({ ...old, ...changed }))
        }
      }
      setValues({ ...IDLE, status: 'uploading' })
      const { target, content, uploadId } = current
      try {
        const file =
          typeof target === 'string'
            ? await client.files.upload(target, content, {
                signal,
                uploadId,
                onProgress: update,
                onUploadId: (id) => (current.uploadId = id),
              })
            : await client.files.uploadToUrl(target.signedUrl, content, {
                signal,
                onProgress: update,
              })
        update({ status: 'done', file })
        return file
      } catch (error) {
        update(
          signal.aborted
            ? { status: 'cancelled' }
            : { status: 'error', error: error as ReelqueueError },
        )
        return null
      }
    },
    [client],
  )
  const upload = useCallback(
    (target: UploadTarget, content: Content) => send({ target, content }),
    [send],
  )
  const resume = useCallback(
    () => (transfer.current ? send(transfer.current) : Promise.resolve(null)),
    [send],
  )
  const cancel = useCallback(() => running.current?.abort(), [])
  useEffect(() => cancel, [cancel])
  return useMemo(() => ({ ...values, upload, resume, cancel }), [values, upload, resume, cancel])
}
