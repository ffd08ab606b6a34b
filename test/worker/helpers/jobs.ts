/** Creates and reads jobs through the API, and stores originals directly in the bucket. */
import { env } from 'cloudflare:workers'
import type { Job } from '../../../src/contract/job.ts'
import { api, expectJson } from './requests.ts'

export type CreatedJob = Job & { deduplicated: boolean }

/** Stores an original directly in the bucket, without a check of its content. */
export async function putOriginal(path: string, text = `the bytes of ${path}`): Promise<R2Object> {
  return (await env.ORIGINALS.put(path, text))!
}

/** Creates jobs and expects 202. Stores an original first if there is none at `filePath`. */
export async function createJobs(
  filePath: string,
  transformations?: unknown[],
  fields: Record<string, unknown> = {},
): Promise<CreatedJob[]> {
  if (!(await env.ORIGINALS.head(filePath))) {
    await putOriginal(filePath)
  }
  const response = await api('POST', '/queue/jobs', { filePath, transformations, ...fields })
  return (await expectJson<{ jobs: CreatedJob[] }>(response, 202)).jobs
}

/** Creates one job; see {@link createJobs}. */
export async function createOne(
  filePath: string,
  transformation: unknown = 'w_640',
  fields: Record<string, unknown> = {},
): Promise<CreatedJob> {
  const [job] = await createJobs(filePath, [transformation], fields)
  return job!
}

export async function readJob(id: string): Promise<Job> {
  return (await api('GET', `/queue/jobs/${id}`)).json<Job>()
}
