import type { JobStatus } from './types.ts'

/** All statuses of jobs. */
export const JOB_STATUSES = [
  'pending',
  'running',
  'completed',
  'error',
  'cancelled',
] as const satisfies readonly JobStatus[]
