/** Follows a job. */
import { useMemo } from 'react'
import type { JobUpdate, ReelqueueError } from '../index.ts'
import { useClient } from './provider.ts'
import { useWatched } from './useWatched.ts'

export interface JobState {
  /** The job with its latest progress; null until it is read. */
  job: JobUpdate | null
  /** Set if the job cannot be followed, for example because there is none with this id. */
  error: ReelqueueError | null
  /** Follows the job again, for example after it has ended and was retried. */
  reload: () => void
}

/**
 * Follows a job until it has ended.
 *
 * @param jobId null for none yet
 * @example const { job } = useJob(jobId)
 */
export function useJob(jobId: string | null | undefined): JobState {
  const client = useClient()
  const key = jobId == null ? null : `job ${jobId}`
  const { value, error, reload } = useWatched(client, key, (options) =>
    client.watch(jobId!, options),
  )
  return useMemo(() => ({ job: value, error, reload }), [value, error, reload])
}
