/** Typed client of Reelqueue, for browsers, Node.js, Workers and React Native. */
export { type Client, createClient } from './createClient.ts'
export { JOB_STATUSES } from './jobStatuses.ts'
export { hasEnded, type WatchOptions } from './follow.ts'
export type { ClientOptions, SendOptions } from './http.ts'
export type { CallOptions, VariantOptions } from './options.ts'
export { type ErrorCode, ReelqueueError } from './ReelqueueError.ts'
export type { CreateJobs } from './resources/jobs.ts'
export { SCOPES } from './scopes.ts'
export type { EventOptions } from './streamEvents.ts'
export {
  transform,
  type Transformation,
  type TransformationBuilder,
  type TransformationInput,
  writeTransformation,
} from './transformation.ts'
export type * from './types.ts'
export type { Content, UploadOptions, UploadProgress } from './upload.ts'
export type { JobReference, JobUpdate } from './watchJob.ts'
export type { WatchedJob } from './watchJobs.ts'
