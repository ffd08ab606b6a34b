/** The client: a method for each operation of the API, by resource. */
import type { WatchOptions } from './follow.ts'
import { type ClientOptions, createHttp } from './http.ts'
import type { CallOptions, VariantOptions } from './options.ts'
import { createApiKeyMethods } from './resources/apiKeys.ts'
import { createFileMethods } from './resources/files.ts'
import { createJobMethods } from './resources/jobs.ts'
import { createPresetMethods, createQueueMethods } from './resources/queues.ts'
import { createRuleMethods } from './resources/rules.ts'
import { createVariantMethods, probeFile } from './resources/variants.ts'
import { createWebhookMethods } from './resources/webhooks.ts'
import { type EventOptions, streamEvents } from './streamEvents.ts'
import type { Job, Query, RequestBody } from './types.ts'
import { type JobReference, waitForJob, watchJob } from './watchJob.ts'
import { watchJobs } from './watchJobs.ts'

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
    rules: createRuleMethods(http),
    apiKeys: createApiKeyMethods(http),
    webhooks: createWebhookMethods(http),
    /** Yields the events of queues. Connects again by itself, and misses no event. */
    events: (filter: EventOptions = {}) => streamEvents(http, filter),
    /** Yields a job now and after each change, until it has ended. */
    watch: (job: JobReference, call: WatchOptions = {}) => watchJob(http, job, call),
    /** Yields each of several jobs now and after each change, until all have ended. */
    watchAll: (jobs: readonly Job[], call: WatchOptions = {}) => watchJobs(http, jobs, call),
    /** Returns a job when it is completed. @throws ReelqueueError if it fails */
    waitFor: (job: JobReference, call: Parameters<typeof waitForJob>[2] = {}) =>
      waitForJob(http, job, call),
    stats: (query: Query<'/queue/stats'> = {}, { signal }: CallOptions = {}) =>
      request('get', '/queue/stats', { query, signal }),
    /** Number and bytes of the stored files; null if the API key is restricted. */
    storage: async ({ signal }: CallOptions = {}) =>
      (await request('get', '/queue/stats', { signal })).storage,
    health: ({ signal }: CallOptions = {}) => request('get', '/health', { signal }),
    /** Describes a stored file. Waits until the runner has read it. */
    probe: (filePath: string, call: CallOptions & VariantOptions = {}) =>
      probeFile(http, filePath, call),
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
