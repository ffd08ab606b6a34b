/**
 * The columns of a job that the API shows. A query of all columns would also read secrets, log lines and
 * what only claims need, and turn them into objects, for each job of a list.
 */
import { jobs } from './schema/index.ts'

/** What the status of a variant consists of, and what the latest progress is found by. */
export const STATUS_COLUMNS = {
  id: jobs.id,
  filePath: jobs.filePath,
  queue: jobs.queue,
  status: jobs.status,
  fence: jobs.fence,
  progress: jobs.progress,
  stage: jobs.stage,
  etaSeconds: jobs.etaSeconds,
  fps: jobs.fps,
  speed: jobs.speed,
  startedAt: jobs.startedAt,
  completedAt: jobs.completedAt,
  error: jobs.error,
} as const

/** What the change of a job's status returns, for its hub, the runners and its import. */
export const CHANGED_COLUMNS = {
  id: jobs.id,
  queue: jobs.queue,
  fence: jobs.fence,
  filePath: jobs.filePath,
  stage: jobs.stage,
} as const

/** What the API shows of a job, and its position in lists. */
export const SHOWN_COLUMNS = {
  ...STATUS_COLUMNS,
  seq: jobs.seq,
  transformation: jobs.transformation,
  priority: jobs.priority,
  createdAt: jobs.createdAt,
  attempt: jobs.attempt,
  maxAttempts: jobs.maxAttempts,
  errorCode: jobs.errorCode,
  playableAt: jobs.playableAt,
  runAfter: jobs.runAfter,
  input: jobs.input,
  output: jobs.output,
  destination: jobs.destination,
  plan: jobs.plan,
  timings: jobs.timings,
  tags: jobs.tags,
  metadata: jobs.metadata,
} as const
