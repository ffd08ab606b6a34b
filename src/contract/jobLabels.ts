/** What callers attach to jobs: tags, by which lists are filtered, and metadata. */
import { z } from 'zod'
import { quote } from './quote.ts'

const MAX_TAGS = 10
const MAX_METADATA_ENTRIES = 20
const MAX_METADATA_KEY_CHARACTERS = 64
const MAX_METADATA_VALUE_CHARACTERS = 256
/** Controls, format characters (such as zero-width ones), line separators and lone surrogates. */
const INVISIBLE = /[\p{Control}\p{Format}\p{Surrogate}\p{Line_Separator}\p{Paragraph_Separator}]/u

export const tag = z
  .string()
  .min(1)
  .max(64)
  .refine((text) => text === text.trim() && !INVISIBLE.test(text), {
    error: ({ input }) =>
      `A tag neither begins nor ends with white space and has no invisible characters (got ${quote(String(input))}).`,
  })

/** Repeated tags are merged. */
export const tags = z
  .array(tag)
  .max(MAX_TAGS)
  .transform((list) => [...new Set(list)])
  .describe(`Up to ${MAX_TAGS} tags; lists and batches can select the jobs with a tag`)

export const metadata = z
  .record(
    z.string().min(1).max(MAX_METADATA_KEY_CHARACTERS),
    z.string().max(MAX_METADATA_VALUE_CHARACTERS),
  )
  .refine((entries) => Object.keys(entries).length <= MAX_METADATA_ENTRIES, {
    error: `metadata has at most ${MAX_METADATA_ENTRIES} entries.`,
  })
  .describe(
    `Up to ${MAX_METADATA_ENTRIES} texts of the caller, with keys of up to ${MAX_METADATA_KEY_CHARACTERS} and values of up to ${MAX_METADATA_VALUE_CHARACTERS} characters. The service does not read them`,
  )
