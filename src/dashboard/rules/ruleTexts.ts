/** The settings of a rule as texts of a form. An empty text stands for no condition or the default. */
import type { client } from '../api.ts'
import type { Rule } from '../../client/index.ts'

const MEGABYTE = 1_000_000

export type RuleSettings = Parameters<typeof client.rules.create>[0]
export interface RuleTexts {
  name: string
  prefix: string
  /** Separated by commas, as are the tags. */
  suffixes: string
  minMegabytes: string
  maxMegabytes: string
  /** One in a line: a transformation has commas itself. */
  transformations: string
  queue: string
  priority: string
  tags: string
}

/** The texts of a rule; without one, those of a new rule. */
export function writeRule(rule: Rule | undefined): RuleTexts {
  const write = (bytes: number | null = null) => (bytes === null ? '' : String(bytes / MEGABYTE))
  return {
    name: rule?.name ?? '',
    prefix: rule?.prefix ?? '',
    suffixes: (rule?.suffixes ?? []).join(', '),
    minMegabytes: write(rule?.minBytes),
    maxMegabytes: write(rule?.maxBytes),
    transformations: (rule?.transformations ?? []).join('\n'),
    queue: rule?.queue ?? '',
    priority: String(rule?.priority ?? ''),
    tags: (rule?.tags ?? []).join(', '),
  }
}

/**
 * The inverse of `writeRule`. Without a transformation, the rule makes an MP4 with all defaults.
 *
 * @param ownQueue that of a key that is restricted to one. The default of the service is not used, because a change
 *   without a queue keeps the earlier one
 */
export function readRule(texts: RuleTexts, ownQueue: string | null): RuleSettings {
  const { name, prefix, priority, queue } = texts
  const transformations = split(texts.transformations, '\n')
  return {
    name,
    prefix,
    suffixes: split(texts.suffixes, ','),
    minBytes: readMegabytes(texts.minMegabytes),
    maxBytes: readMegabytes(texts.maxMegabytes),
    transformations: transformations.length === 0 ? [{}] : transformations,
    priority: priority === '' ? null : Number(priority),
    tags: split(texts.tags, ','),
    queue: queue || ownQueue || 'default',
  }
}

export function readMegabytes(text: string): number | null {
  return text === '' ? null : Math.round(Number(text) * MEGABYTE)
}

function split(text: string, separator: string): string[] {
  return text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '')
}
