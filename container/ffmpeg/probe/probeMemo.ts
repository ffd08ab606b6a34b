/**
 * The results of probing an original, each under a name such as `header`. A result that is in the memo
 * is used again, because to determine it takes a process. The plan of a variant needs only some
 * results; those that are missing are determined and added.
 */
import type { z } from 'zod'
import type { FfprobeOptions } from '../process/ffprobe.ts'

/**
 * Increase it when a result changes its form or its meaning, for example because other options are
 * passed to ffprobe. The stored results of other versions are then not used.
 */
export const PROBE_FORM = 1

export interface ProbeMemo {
  /** JSON values. They can come from another runner, so each is checked before it is used. */
  results: Map<string, unknown>
}

export interface KnownFile {
  /** Absent for a file of which nothing is kept, such as an output. */
  memo?: ProbeMemo
}

export type KnownFileOptions = FfprobeOptions & KnownFile

export function createProbeMemo(results: Readonly<Record<string, unknown>> = {}): ProbeMemo {
  return { results: new Map(Object.entries(results)) }
}

/** Returns a known result; undefined if there is none, or it does not match the schema. */
export function recall<T>(
  memo: ProbeMemo | undefined,
  name: string,
  schema: z.ZodType<T>,
): T | undefined {
  const known = memo?.results.get(name)
  const parsed = known === undefined ? undefined : schema.safeParse(known)
  return parsed?.success === true ? parsed.data : undefined
}

export function record(memo: ProbeMemo | undefined, name: string, value: unknown): void {
  memo?.results.set(name, JSON.parse(JSON.stringify(value)))
}

/**
 * Returns the known result under this name, or determines and records it.
 *
 * @param find returns null for a failure, which is not recorded
 */
export async function remember<T>(
  memo: ProbeMemo | undefined,
  name: string,
  schema: z.ZodType<T>,
  find: () => Promise<T | null>,
): Promise<T | null> {
  const known = recall(memo, name, schema)
  if (known !== undefined) {
    return known
  }
  const found = await find()
  if (found !== null) {
    record(memo, name, found)
  }
  return found
}
