/** Failure codes: the causes of failed attempts and jobs. */
import { z } from 'zod'

/** Failures of imports. The jobs that waited for the file fail before their first attempt. */
export const IMPORT_FAILURE_CODES = [
  'import_refused',
  'import_unavailable',
  'import_too_large',
  'import_changed',
  'import_invalid',
  'import_failed',
] as const
export type ImportFailureCode = (typeof IMPORT_FAILURE_CODES)[number]

/** Failures of exports. The variant is ready, but it is not at the destination. */
export const EXPORT_FAILURE_CODES = [
  'export_refused',
  'export_unavailable',
  'export_failed',
] as const
export type ExportFailureCode = (typeof EXPORT_FAILURE_CODES)[number]

/** Failures of attempts, as runners report them. */
export const ATTEMPT_FAILURE_CODES = [
  'input_invalid',
  'unsupported',
  'output_invalid',
  'timeout',
  'stalled',
  'out_of_memory',
  'out_of_disk',
  'runner_lost',
  'storage',
  'internal',
] as const
export const attemptFailureCode = z.enum(ATTEMPT_FAILURE_CODES)
export type AttemptFailureCode = z.infer<typeof attemptFailureCode>

export const FAILURE_CODES = [
  ...ATTEMPT_FAILURE_CODES,
  ...IMPORT_FAILURE_CODES,
  ...EXPORT_FAILURE_CODES,
] as const

export const failureCode = z.enum(FAILURE_CODES)
export type FailureCode = z.infer<typeof failureCode>
