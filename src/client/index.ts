/** Typed client of Reelqueue, for browsers, Node.js, Workers and React Native. */
export { type CallOptions, type Client, createClient, type CreateJobs } from './createClient.ts'
export type { ClientOptions } from './http.ts'
export { type ErrorCode, ReelqueueError } from './ReelqueueError.ts'
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
