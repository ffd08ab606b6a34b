/**
 * Sends the notifications of R2 about the bucket of the originals, for the Worker under `npm start`: Miniflare sends
 * none. Changes that other programs make in the state folder are not noticed. bundle.ts puts this module next to the
 * bundle, and workerHost.ts has the Worker use it.
 */
import type {
  ExportedHandler,
  Queue,
  R2Bucket,
  R2MultipartUpload,
  R2Object,
} from '@cloudflare/workers-types'

interface Bindings {
  ORIGINALS: R2Bucket
  ORIGINALS_BUCKET: string
  /** Only `npm start` binds it. */
  BUCKET_EVENTS: Queue
}

/** Replaces the binding of the originals for a Worker. */
export function notifyOfChanges<Env extends Bindings>(
  worker: ExportedHandler<Env>,
): ExportedHandler<Env> {
  const changed = new WeakMap<Env, Env>()
  const change = (env: Env) => {
    const known = changed.get(env) ?? { ...env, ORIGINALS: watchBucket(env) }
    changed.set(env, known)
    return known
  }
  return {
    ...worker,
    fetch: (request, env, ctx) => worker.fetch!(request, change(env), ctx),
    queue: (batch, env, ctx) => worker.queue!(batch, change(env), ctx),
    scheduled: (controller, env, ctx) => worker.scheduled!(controller, change(env), ctx),
  }
}

function watchBucket({ ORIGINALS: bucket, ORIGINALS_BUCKET, BUCKET_EVENTS }: Bindings): R2Bucket {
  const notify = async (action: string, object: object) => {
    const eventTime = new Date().toISOString()
    const event = { account: 'local', bucket: ORIGINALS_BUCKET, action, object, eventTime }
    // As on Cloudflare, the write has succeeded without its notification.
    await BUCKET_EVENTS.send(event).catch((error: unknown) => console.error(String(error)))
  }
  const notifyOfStored = async <Stored extends R2Object | null>(action: string, object: Stored) => {
    if (object) {
      await notify(action, { key: object.key, size: object.size, eTag: object.etag })
    }
    return object
  }
  const watchUpload = (upload: R2MultipartUpload): R2MultipartUpload => ({
    key: upload.key,
    uploadId: upload.uploadId,
    uploadPart: upload.uploadPart.bind(upload),
    abort: () => upload.abort(),
    complete: async (parts) =>
      notifyOfStored('CompleteMultipartUpload', await upload.complete(parts)),
  })
  const watched = {
    head: bucket.head.bind(bucket),
    get: bucket.get.bind(bucket),
    list: bucket.list.bind(bucket),
    put: async (...args: Parameters<R2Bucket['put']>) =>
      notifyOfStored('PutObject', await bucket.put(...args)),
    delete: async (keys: string | string[]) => {
      await bucket.delete(keys)
      await Promise.all([keys].flat().map((key) => notify('DeleteObject', { key })))
    },
    createMultipartUpload: async (...args: Parameters<R2Bucket['createMultipartUpload']>) =>
      watchUpload(await bucket.createMultipartUpload(...args)),
    resumeMultipartUpload: (...args: Parameters<R2Bucket['resumeMultipartUpload']>) =>
      watchUpload(bucket.resumeMultipartUpload(...args)),
  }
  return watched as unknown as R2Bucket
}
