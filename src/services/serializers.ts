/** API representations of rows and files, and the URL paths of variants and their status. */
import { memoize } from '../domain/memoize.ts'
import { writeRequestForm } from '../domain/transformation/canonicalForm.ts'
import { OCTET_STREAM } from '../contract/fileTypes.ts'
import type { StoredFile } from '../contract/storedFile.ts'
import type { Attempt, Chunk, Job } from '../contract/job.ts'
import type { AttemptRow, JobRow, JobStatusRow, ShownJob } from '../db/rows.ts'
import { NO_DUE_TIME } from '../db/schema/jobs.ts'
import { httpEtag, type StoredObject } from '../storage/objectStore.ts'

/** Formats milliseconds since the epoch as an ISO 8601 time in UTC. */
export function toIsoTime<Time extends number | null>(ms: Time): Time extends number ? string : null
export function toIsoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}

/** Path of the URL that serves a variant. */
export function variantPath(variant: string, filePath: string): string {
  return `/t/${encodeVariant(variant)}/${encodePath(filePath)}`
}

/** Path of the URL that returns the status of a variant. */
export function statusPath(variant: string, filePath: string): string {
  return `/video-status/${encodeVariant(variant)}/${encodePath(filePath)}`
}

export function encodePath(path: string) {
  return path.split('/').map(encodeURIComponent).join('/')
}

/**
 * Encodes a variant name as a path segment of a URL. `,`, `:` and `+` of the grammar are not
 * encoded.
 */
export const encodeVariant = memoize((variant) =>
  encodeURIComponent(writeRequestForm(variant)).replaceAll(/%2C|%3A|%2B/g, decodeURIComponent),
)

/** Progress as clients see it: whole percent. Runners report percent with decimals. */
export function toPercent(progress: number): number {
  return Math.floor(progress)
}

/** The status of a job. */
export function serializeStatus(row: JobStatusRow) {
  return {
    status: row.status,
    progress: toPercent(row.progress),
    startedAt: toIsoTime(row.startedAt),
    completedAt: toIsoTime(row.completedAt),
    error: row.error,
  }
}

export function serializeJob(row: ShownJob): Job {
  return {
    // The first eight fields have this order.
    id: row.id,
    filePath: row.filePath,
    status: row.status,
    priority: row.priority,
    progress: toPercent(row.progress),
    startedAt: toIsoTime(row.startedAt),
    completedAt: toIsoTime(row.completedAt),
    error: row.error,
    queue: row.queue,
    transformation: row.transformation,
    outputPath: row.status === 'completed' ? variantPath(row.transformation, row.filePath) : null,
    createdAt: toIsoTime(row.createdAt),
    attempt: row.attempt,
    maxAttempts: row.maxAttempts,
    errorCode: row.errorCode,
    stage: row.stage,
    etaSeconds: row.etaSeconds,
    fps: row.fps,
    speed: row.speed,
    playable: row.playableAt !== null,
    retryAt: toIsoTime(row.runAfter === NO_DUE_TIME ? null : row.runAfter),
    input: row.input,
    output: row.output,
    destination: row.destination,
    plan: row.plan,
    timings: row.timings,
    tags: row.tags,
    metadata: row.metadata,
  }
}

export function serializeCreatedJob({ row, deduplicated }: { row: JobRow; deduplicated: boolean }) {
  return {
    ...serializeJob(row),
    deduplicated,
  }
}

export function serializeFile(
  original: Pick<StoredObject, 'key' | 'sizeBytes' | 'etag' | 'contentType'>,
): StoredFile {
  return {
    filePath: original.key,
    size: original.sizeBytes,
    etag: httpEtag(original),
    contentType: original.contentType ?? OCTET_STREAM,
  }
}

export function serializeAttempt(row: AttemptRow): Attempt {
  return {
    attempt: row.attempt,
    runner: row.runnerId,
    startedAt: toIsoTime(row.startedAt),
    endedAt: toIsoTime(row.endedAt),
    outcome: row.outcome,
    errorCode: row.errorCode,
    error: row.error,
    command: row.command,
    stderrTail: row.stderrTail,
  }
}

/** @param row a chunk */
export function serializeChunk(row: JobRow): Chunk {
  const { index, kind, startSeconds, endSeconds, frames, facts } = row.chunk!
  return {
    index,
    kind,
    status: row.runAfter === NO_DUE_TIME ? 'waiting' : row.status,
    startSeconds,
    endSeconds,
    frames: facts?.frames ?? frames,
    sizeBytes: facts?.sizeBytes ?? null,
    runner: row.runnerId,
    attempt: row.attempt,
    startedAt: toIsoTime(row.startedAt),
    endedAt: toIsoTime(row.completedAt),
    errorCode: row.errorCode,
    error: row.error,
    timings: row.timings,
    reusedTracks: facts?.reusedTracks ?? [],
  }
}
