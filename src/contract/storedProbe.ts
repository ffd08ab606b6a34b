/**
 * What a runner has found out about an original by probing it. The runner sends it with `finish`, and
 * the gateway hands it out with the next jobs for the same file, so that the file is not probed again.
 */
import { z } from 'zod'

/** A probe with a longer JSON is not stored. That of a usual file has about 1,500 characters. */
export const MAX_STORED_PROBE_CHARACTERS = 16_000

/**
 * The version of the form, and a hash of the version of ffmpeg. A runner ignores a probe with another
 * version than its own: another ffmpeg can find something else in the same file.
 */
export const probeVersion = z.string().regex(/^\d{1,4}-[0-9a-f]{16}$/)

/**
 * The runner checks each result by a schema of its own, in `container/ffmpeg/probe`, before it uses
 * it.
 */
export const storedProbe = z.object({
  version: probeVersion,
  results: z
    .record(z.string().regex(/^[a-z][a-z0-9.:-]{0,63}$/), z.unknown())
    .refine((results) => JSON.stringify(results).length <= MAX_STORED_PROBE_CHARACTERS, {
      error: `must have at most ${MAX_STORED_PROBE_CHARACTERS} characters as JSON`,
    })
    .describe('Results by the name of what was asked, such as `header`'),
})
export type StoredProbe = z.infer<typeof storedProbe>
