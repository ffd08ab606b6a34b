/** The client: a method for each operation of the API, by resource. */
import { type ClientOptions, createHttp, encodePath, type Http, writeQuery } from './http.ts'
import { type EventOptions, streamEvents } from './streamEvents.ts'
import { type TransformationInput, writeTransformation } from './transformation.ts'
import type {
  Body,
  CreatedJob,
  Job,
  ListedFile,
  MethodOf,
  Operation,
  Path,
  Preset,
  Probe,
  Query,
  QueueSettings,
  ResponseBody,
} from './types.ts'
import { type Content, uploadFile, type UploadOptions } from './upload.ts'
import { type JobReference, readId, waitForJob, watchJob } from './watchJob.ts'

/** The last argument of most methods. */
export interface CallOptions {
  signal?: AbortSignal | undefined
}
type RequestBody<P extends Path, M extends MethodOf<P>> = Body<Operation<P, M>>
export type CreateJobs = Omit<RequestBody<'/queue/jobs', 'post'>, 'transformations'> & {
  transformations?: TransformationInput[]
}
export interface VariantOptions {
  /** Queue whose named presets apply. */
  queue?: string
}

export type Client = ReturnType<typeof createClient>

/**
 * Creates a client.
 *
 * @example const client = createClient({ url: 'https://video.example.com', apiKey: 'rq_…' })
 */
export function createClient(options: ClientOptions = {}) {
  const http = createHttp(options)
  const { base, request, send } = http
  return {
    /** Sends any request of the OpenAPI document, with its types. */
    request,
    /** Sends any request, and returns its response. */
    send,
    jobs: createJobMethods(http),
    files: createFileMethods(http),
    variants: createVariantMethods(http),
    queues: createQueueMethods(http),
    presets: createPresetMethods(http),
    apiKeys: createApiKeyMethods(http),
    /** Yields the events of queues. Connects again by itself, and misses no event. */
    events: (filter: EventOptions = {}) => streamEvents(http, filter),
    /** Yields a job now and after each change, until it has ended. */
    watch: (job: JobReference, call: CallOptions = {}) => watchJob(http, job, call),
    /** Returns a job when it is completed. @throws ReelqueueError if it fails */
    waitFor: (job: JobReference, call: Parameters<typeof waitForJob>[2] = {}) =>
      waitForJob(http, job, call),
    stats: (query: Query<'/queue/stats'> = {}, { signal }: CallOptions = {}) =>
      request('get', '/queue/stats', { query, signal }),
    health: ({ signal }: CallOptions = {}) => request('get', '/health', { signal }),
    /** Describes a stored file. Waits until the runner has read it. */
    probe: (
      filePath: string,
      { queue, signal }: CallOptions & VariantOptions = {},
    ): Promise<Probe> =>
      probeFile(http, { filePath, ...(queue !== undefined && { queue }) }, signal),
    /** Creates a URL that reads a variant or stores a file without an API key. */
    sign: (body: RequestBody<'/signed-urls', 'post'>, { signal }: CallOptions = {}) =>
      request('post', '/signed-urls', { body, signal }),
    /** Creates a token with which a browser can stream events. */
    createStreamToken: (
      body: RequestBody<'/queue/events/token', 'post'>,
      { signal }: CallOptions = {},
    ) => request('post', '/queue/events/token', { body, signal }),
    /** Address of the service, without a slash at its end. */
    url: base,
  }
}

function createJobMethods({ request }: Http) {
  return {
    /** Creates a job for each transformation; without any, one MP4 with all defaults. */
    async create(
      { transformations, ...fields }: CreateJobs,
      { signal, idempotencyKey }: CallOptions & { idempotencyKey?: string } = {},
    ): Promise<CreatedJob[]> {
      const { jobs } = await request('post', '/queue/jobs', {
        body: {
          ...fields,
          // A builder becomes its object form as JSON.
          ...(transformations && { transformations: transformations as never }),
        },
        ...(idempotencyKey !== undefined && { headers: { 'Idempotency-Key': idempotencyKey } }),
        signal,
      })
      return jobs
    },
    get: (job: JobReference, { signal }: CallOptions = {}) =>
      request('get', '/queue/jobs/{jobId}', { path: { jobId: readId(job) }, signal }),
    /** A page of jobs, newest first. */
    list: (query: Query<'/queue/jobs'> = {}, { signal }: CallOptions = {}) =>
      request('get', '/queue/jobs', { query, signal }),
    /** All jobs that match, newest first. Reads a page when it is needed. */
    async *all(
      query: Omit<Query<'/queue/jobs'>, 'cursor' | 'offset'> = {},
      { signal }: CallOptions = {},
    ): AsyncGenerator<Job, void> {
      for (let cursor: string | null | undefined; cursor !== null;) {
        const page: ResponseBody<'/queue/jobs', 'get'> = await request('get', '/queue/jobs', {
          query: { ...query, ...(cursor !== undefined && { cursor }) },
          signal,
        })
        yield* page.jobs
        cursor = page.nextCursor
      }
    },
    async attempts(job: JobReference, { signal }: CallOptions = {}) {
      const path = { jobId: readId(job) }
      return (await request('get', '/queue/jobs/{jobId}/attempts', { path, signal })).attempts
    },
    async chunks(job: JobReference, { signal }: CallOptions = {}) {
      const path = { jobId: readId(job) }
      return (await request('get', '/queue/jobs/{jobId}/chunks', { path, signal })).chunks
    },
    retry: (job: JobReference, { signal }: CallOptions = {}) =>
      request('post', '/queue/jobs/{jobId}/retry', { path: { jobId: readId(job) }, signal }),
    /** @param call `force` also cancels a running job */
    cancel: (
      job: JobReference,
      { force = false, signal }: CallOptions & { force?: boolean } = {},
    ) =>
      request('post', '/queue/jobs/{jobId}/cancel', {
        path: { jobId: readId(job) },
        body: { force },
        signal,
      }),
    delete: (job: JobReference, { signal }: CallOptions = {}) =>
      request('delete', '/queue/jobs/{jobId}', { path: { jobId: readId(job) }, signal }),
  }
}

function createFileMethods(http: Http) {
  const { request } = http
  return {
    /** Stores a file. A large one is sent in parts, and can be resumed by its upload id. */
    upload: (filePath: string, content: Content, upload: UploadOptions = {}) =>
      uploadFile(http, filePath, content, upload),
    getUpload: (uploadId: string, { signal }: CallOptions = {}) =>
      request('get', '/uploads/{uploadId}', { path: { uploadId }, signal }),
    abortUpload: (uploadId: string, { signal }: CallOptions = {}) =>
      request('delete', '/uploads/{uploadId}', { path: { uploadId }, signal }),
    /** A page of files, in the order of their paths. */
    list: (query: Query<'/files'> = {}, { signal }: CallOptions = {}) =>
      request('get', '/files', { query, signal }),
    /** All files that match. Reads a page when it is needed. */
    async *all(
      query: Omit<Query<'/files'>, 'cursor'> = {},
      { signal }: CallOptions = {},
    ): AsyncGenerator<ListedFile, void> {
      for (let cursor: string | null | undefined; cursor !== null;) {
        const page: ResponseBody<'/files', 'get'> = await request('get', '/files', {
          query: { ...query, ...(cursor !== undefined && { cursor }) },
          signal,
        })
        yield* page.files
        cursor = page.nextCursor
      }
    },
    delete: (filePath: string, { signal }: CallOptions = {}) =>
      request('delete', '/files/{path}', { path: { path: filePath }, signal }),
  }
}

function createVariantMethods({ base, request }: Http) {
  return {
    /** URL of a variant; without a transformation, of the original. */
    url: (
      filePath: string,
      transformation: TransformationInput | null = null,
      query: VariantOptions = {},
    ) => `${base}/t/${encodePath(variantPath(filePath, transformation))}${writeQuery(query)}`,
    /** Status of the newest job of a file, or of a variant of it. */
    status: (
      filePath: string,
      transformation: TransformationInput | null = null,
      { signal, ...query }: CallOptions & VariantOptions = {},
    ) =>
      request('get', '/video-status/{path}', {
        path: { path: variantPath(filePath, transformation) },
        query,
        signal,
      }),
    /** Size in bytes of a variant that is ready. */
    async size(
      filePath: string,
      transformation: TransformationInput,
      { signal, ...query }: CallOptions & VariantOptions = {},
    ): Promise<number> {
      const path = { path: variantPath(filePath, transformation) }
      return (await request('get', '/video-status/{path}/size', { path, query, signal })).size
    },
  }
}

function createQueueMethods({ request }: Http) {
  return {
    list: async ({ signal }: CallOptions = {}) =>
      (await request('get', '/queues', { signal })).queues,
    get: (name: string, { signal }: CallOptions = {}) =>
      request('get', '/queues/{name}', { path: { name }, signal }),
    /** Creates a queue, or changes the given settings of an existing one. */
    put: (name: string, body: QueueSettings = {}, { signal }: CallOptions = {}) =>
      request('put', '/queues/{name}', { path: { name }, body, signal }),
    /** Changes a queue, for example `{ paused: true }`. */
    change: (name: string, body: QueueSettings, { signal }: CallOptions = {}) =>
      request('patch', '/queues/{name}', { path: { name }, body, signal }),
  }
}

function createPresetMethods({ request }: Http) {
  return {
    list: async (queue: string, { signal }: CallOptions = {}): Promise<Preset[]> =>
      (await request('get', '/queues/{name}/presets', { path: { name: queue }, signal })).presets,
    get: (queue: string, preset: string, { signal }: CallOptions = {}) =>
      request('get', '/queues/{name}/presets/{preset}', { path: { name: queue, preset }, signal }),
    put: (
      queue: string,
      preset: string,
      transformation: TransformationInput,
      { signal }: CallOptions = {},
    ) =>
      request('put', '/queues/{name}/presets/{preset}', {
        path: { name: queue, preset },
        body: transformation as never,
        signal,
      }),
    delete: (queue: string, preset: string, { signal }: CallOptions = {}) =>
      request('delete', '/queues/{name}/presets/{preset}', {
        path: { name: queue, preset },
        signal,
      }),
  }
}

function createApiKeyMethods({ request }: Http) {
  return {
    /** Only this response has the key itself, in `key`. */
    create: (body: RequestBody<'/api-keys', 'post'>, { signal }: CallOptions = {}) =>
      request('post', '/api-keys', { body, signal }),
    list: async ({ signal }: CallOptions = {}) =>
      (await request('get', '/api-keys', { signal })).apiKeys,
    get: (keyId: string, { signal }: CallOptions = {}) =>
      request('get', '/api-keys/{keyId}', { path: { keyId }, signal }),
    change: (
      keyId: string,
      body: RequestBody<'/api-keys/{keyId}', 'patch'>,
      { signal }: CallOptions = {},
    ) => request('patch', '/api-keys/{keyId}', { path: { keyId }, body, signal }),
    delete: (keyId: string, { signal }: CallOptions = {}) =>
      request('delete', '/api-keys/{keyId}', { path: { keyId }, signal }),
  }
}

function variantPath(filePath: string, transformation: TransformationInput | null): string {
  const text = transformation === null ? '' : writeTransformation(transformation)
  return text === '' ? filePath : `${text}/${filePath}`
}

async function probeFile(
  { request }: Http,
  body: RequestBody<'/probe', 'post'>,
  signal: AbortSignal | undefined,
): Promise<Probe> {
  for (;;) {
    // The service waits for the end of the probe, and returns its job after 20 seconds.
    const result = await request('post', '/probe', { body, signal })
    if ('streams' in result) {
      return result
    }
  }
}
