/** Jobs: `client.jobs`. */
import type { Http } from '../http.ts'
import type { CallOptions } from '../options.ts'
import { retryTemporary } from '../sleep.ts'
import type { TransformationInput } from '../transformation.ts'
import type { CreatedJob, Job, JobBatchResult, Query, RequestBody } from '../types.ts'
import { type JobReference, readId } from '../watchJob.ts'
import { readPages } from './readPages.ts'

/** The waits between them last 4 to 8 seconds together. */
const MAX_STEP_TRIES = 5

export type CreateJobs = Omit<RequestBody<'/queue/jobs', 'post'>, 'transformations'> & {
  transformations?: TransformationInput[]
}

export function createJobMethods({ request }: Http) {
  const changeMany = (
    body: RequestBody<'/queue/jobs/batch', 'post'>,
    { signal }: CallOptions = {},
  ): Promise<JobBatchResult> => request('post', '/queue/jobs/batch', { body, signal })
  return {
    /** Creates a job for each transformation; without any, one MP4 with all defaults. */
    async create(
      { transformations, ...fields }: CreateJobs,
      { signal, idempotencyKey }: CallOptions & { idempotencyKey?: string } = {},
    ): Promise<[CreatedJob, ...CreatedJob[]]> {
      const { jobs } = await request('post', '/queue/jobs', {
        body: {
          ...fields,
          // A builder becomes its object form as JSON.
          ...(transformations && { transformations: transformations as never }),
        },
        ...(idempotencyKey !== undefined && { headers: { 'Idempotency-Key': idempotencyKey } }),
        signal,
      })
      return jobs as [CreatedJob, ...CreatedJob[]]
    },
    get: (job: JobReference, { signal }: CallOptions = {}) =>
      request('get', '/queue/jobs/{jobId}', { path: { jobId: readId(job) }, signal }),
    /** A page of jobs, newest first. */
    list: (query: Query<'/queue/jobs'> = {}, { signal }: CallOptions = {}) =>
      request('get', '/queue/jobs', { query, signal }),
    /** All jobs that match, newest first. Reads a page when it is needed. */
    all: (
      query: Omit<Query<'/queue/jobs'>, 'cursor' | 'offset'> = {},
      { signal }: CallOptions = {},
    ): AsyncGenerator<Job, void> =>
      readPages(async (cursor) => {
        const { jobs, nextCursor } = await request('get', '/queue/jobs', {
          query: { ...query, ...(cursor !== undefined && { cursor }) },
          signal,
        })
        return { items: jobs, nextCursor }
      }),
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
    /** Applies one action to the next jobs of a filter, or to listed jobs. */
    changeMany,
    /**
     * Applies one action to all jobs of a filter, in steps. Yields what each step did. A step that
     * fails for a while is sent again, which changes no job twice.
     */
    changeAll: (
      body: RequestBody<'/queue/jobs/batch', 'post'>,
      { signal }: CallOptions = {},
    ): AsyncGenerator<JobBatchResult, void> =>
      readPages(async (cursor) => {
        const step = { ...body, ...(cursor !== undefined && { cursor }) }
        const result = await retryTemporary(() => changeMany(step, { signal }), {
          signal,
          maxTries: MAX_STEP_TRIES,
        })
        return { items: [result], nextCursor: result.nextCursor }
      }),
    delete: (job: JobReference, { signal }: CallOptions = {}) =>
      request('delete', '/queue/jobs/{jobId}', { path: { jobId: readId(job) }, signal }),
  }
}
