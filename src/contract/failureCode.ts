/** Failure codes: the causes of failed attempts and jobs. */
import { z } from 'zod'

export const FAILURE_CODES = [
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

export const failureCode = z.enum(FAILURE_CODES)
export type FailureCode = z.infer<typeof failureCode>
