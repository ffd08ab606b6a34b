'use client'
/** React hooks of the client. Each follows something as long as its component is shown. */
export { ReelqueueProvider, useClient } from './provider.ts'
export { type JobState, useJob } from './useJob.ts'
export { type EventFilter, type QueueEventsState, useQueueEvents } from './useQueueEvents.ts'
export { type UploadState, type UploadTarget, useUpload } from './useUpload.ts'
export { useVideoStatus, type VideoState } from './useVideoStatus.ts'
