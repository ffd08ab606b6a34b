/** Rules: which jobs are made when a file arrives in the bucket of the originals. */
import { z } from 'zod'
import { tags } from './jobLabels.ts'
import { limit, PRIORITY } from './limits.ts'
import { presetBody } from './namedPreset.ts'
import { queueName } from './queue.ts'
import { storagePath } from './storagePath.ts'

export const MAX_RULE_TRANSFORMATIONS = 20
const MAX_PREFIX_CHARACTERS = 1_024
const MAX_SUFFIXES = 20
const MAX_SUFFIX_CHARACTERS = 100

/**
 * The outcomes of notifications:
 *
 * - `matched`: rules made jobs
 * - `unmatched`: no enabled rule applies to the file
 * - `duplicate`: rules applied, and all of their jobs or variants existed
 * - `outdated`: the file was replaced or deleted since, or a deleted file exists again
 * - `deleted`: the file was deleted
 * - `rejected`: nothing can be made of the file, or the key of a rule may not make it
 * - `other_bucket`, `other_file`, `other_action`: not about a media file in the bucket of the originals
 * - `failed`: the notification was not handled, and is tried again
 * - `dead`: it failed too often, and was given up
 */
export const BUCKET_EVENT_OUTCOMES = [
  'matched',
  'unmatched',
  'duplicate',
  'outdated',
  'deleted',
  'rejected',
  'other_bucket',
  'other_file',
  'other_action',
  'failed',
  'dead',
] as const
export type BucketEventOutcome = (typeof BUCKET_EVENT_OUTCOMES)[number]

const time = z.iso.datetime({ precision: 3 })
const name = z.string().trim().min(1).max(100)
const prefix = z
  .string()
  .max(MAX_PREFIX_CHARACTERS)
  .transform((text) => text.normalize('NFC'))
  .refine((text) => !text.startsWith('/'), {
    error: 'A path has no slash at its start: write videos/ instead of /videos/.',
  })
  .describe('The beginning of the path, such as `videos/`; empty for all files')
const suffixes = z
  .array(z.string().min(1).max(MAX_SUFFIX_CHARACTERS))
  .max(MAX_SUFFIXES)
  .describe(
    'The path ends in one of these, such as `.mp4`, in lower or upper case; none for all files',
  )
const bytes = z.int().min(0).nullable()
const minBytes = bytes.describe('Minimum size of the file; null for none')
const maxBytes = bytes.describe('Maximum size of the file; null for none')
const enabled = z.boolean().describe('False: the rule makes no jobs')
const transformations = z
  .array(presetBody)
  .min(1)
  .max(MAX_RULE_TRANSFORMATIONS)
  .describe(
    'Transformations, each a string in the URL grammar or an object. Named presets (`n`) are those of the queue when a file arrives',
  )
const priority = limit(PRIORITY)
  .nullable()
  .describe('Priority of the jobs; null for the default of their kind')

export const rule = z
  .object({
    id: z.string(),
    name: z.string(),
    enabled,
    prefix: z.string(),
    suffixes: z.array(z.string()),
    minBytes,
    maxBytes,
    queue: z.string(),
    transformations: z.array(z.string()),
    priority: z.int().nullable(),
    tags: z.array(z.string()),
    createdAt: time,
    updatedAt: time,
    jobsCreated: z.int().describe('Number of jobs that the rule has made'),
    lastJobAt: time.nullable(),
    lastError: z
      .string()
      .nullable()
      .describe('Why the rule could not make the jobs of the latest file; null if it could'),
    lastErrorAt: time.nullable(),
  })
  .meta({ id: 'Rule' })
export type Rule = z.infer<typeof rule>

export const createRule = z
  .strictObject({
    name,
    enabled: enabled.default(true),
    prefix: prefix.optional(),
    suffixes: suffixes.default([]),
    minBytes: minBytes.default(null),
    maxBytes: maxBytes.default(null),
    queue: queueName.optional().describe('Default: the queue of the key, else `default`'),
    transformations: transformations.default([{}]),
    priority: priority.default(null),
    tags: tags.default([]),
  })
  .meta({ id: 'CreateRule' })
export type CreateRule = z.infer<typeof createRule>

export const changeRule = z
  .strictObject({
    name,
    enabled,
    prefix,
    suffixes,
    minBytes,
    maxBytes,
    queue: queueName,
    transformations,
    priority,
    tags,
  })
  .partial()
  .meta({ id: 'ChangeRule' })
export type ChangeRule = z.infer<typeof changeRule>

export const ruleList = z.object({
  rules: z.array(rule),
  events: z
    .array(
      z.object({
        outcome: z.enum(BUCKET_EVENT_OUTCOMES),
        count: z.int(),
        lastAt: time,
      }),
    )
    .nullable()
    .describe(
      'Number of notifications of the bucket by what became of them; null for a key that is restricted',
    ),
})

export const testRules = z
  .strictObject({
    key: storagePath.describe('Path of a file, which need not exist'),
    size: z.int().min(0).describe('Its size in bytes'),
  })
  .meta({ id: 'TestRules' })
export type TestRules = z.infer<typeof testRules>

export const ruleTest = z
  .object({
    ignored: z
      .string()
      .nullable()
      .describe('Why no rule applies to such a file, whatever it is; else null'),
    matches: z.array(
      z.object({
        rule: rule.describe('A rule whose conditions match. If it is disabled, it makes no jobs'),
        jobs: z.array(
          z.object({
            filePath: z.string(),
            transformation: z.string().describe('The canonical form, which names the variant'),
            queue: z.string(),
            priority: z.int(),
            tags: z.array(z.string()),
          }),
        ),
        error: z
          .string()
          .nullable()
          .describe('Why the rule could not make its jobs, such as a preset that does not exist'),
      }),
    ),
  })
  .meta({ id: 'RuleTest' })
export type RuleTest = z.infer<typeof ruleTest>
