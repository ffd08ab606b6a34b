/** API representations of rows, and the paths under which variants are served. */
import { writeRequestForm } from '../domain/transformation/canonicalForm.ts'
import { OCTET_STREAM } from '../contract/fileTypes.ts'
import type { StoredFile } from '../contract/storedFile.ts'
import type { Attempt, Job } from '../contract/job.ts'
import type { AttemptRow, JobRow } from '../db/rows.ts'
import { httpEtag, type StoredObject } from '../storage/objectStore.ts'

function iso(ms: number | null) {
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

/** The path segment by which a request reaches a variant. The characters of the grammar are not encoded. */
export function encodeVariant(variant: string) {
  return encodeURIComponent(writeRequestForm(variant)).replaceAll(
    /%2C|%3A|%2B/g,
    decodeURIComponent,
  )
}

export function serializeJob(row: JobRow): Job {
  return {
    id: row.id,
    filePath: row.filePath,
    status: row.status,
    priority: row.priority,
    progress: row.progress,
    startedAt: iso(row.startedAt),
    completedAt: iso(row.completedAt),
    error: row.error,
    queue: row.queue,
    transformation: row.transformation,
    outputPath: row.status === 'completed' ? variantPath(row.transformation, row.filePath) : null,
    createdAt: iso(row.createdAt)!,
    attempt: row.attempt,
    maxAttempts: row.maxAttempts,
    errorCode: row.errorCode,
    stage: row.stage,
    etaSeconds: row.etaSeconds,
    fps: row.fps,
    speed: row.speed,
    playable: row.playableAt !== null,
    retryAt: iso(row.runAfter),
    input: row.input,
    output: row.output,
    plan: row.plan,
    timings: row.timings,
  }
}

export function serializeCreatedJob({ row, deduplicated }: { row: JobRow; deduplicated: boolean }) {
  return {
    ...serializeJob(row),
    deduplicated,
  }
}

export function serializeFile(original: StoredObject): StoredFile {
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
    startedAt: iso(row.startedAt)!,
    endedAt: iso(row.endedAt),
    outcome: row.outcome,
    errorCode: row.errorCode,
    error: row.error,
    command: row.command,
    stderrTail: row.stderrTail,
  }
}
