/** The statuses of a job, and the counts of jobs by status. */
import { z } from 'zod'

export const JOB_STATUSES = ['pending', 'running', 'completed', 'error', 'cancelled'] as const
export const jobStatus = z.enum(JOB_STATUSES)
export type JobStatus = z.infer<typeof jobStatus>

/** Schemas of the number of jobs in each status. */
export const jobCounts = Object.fromEntries(
  JOB_STATUSES.map((status) => [status, z.int()]),
) as Record<JobStatus, z.ZodInt>

/** Progress in whole percent, rounded down. */
export const percent = z.int().min(0).max(100)
