/** Lists rules with the number of events, and says which of them apply to a file. */
import type { RuleTest, TestRules } from '../../contract/rule.ts'
import type { RuleRow } from '../../db/rows.ts'
import { listRuleRows, listRulesAndEvents } from '../../db/rules.ts'
import { canSeePath, isRestricted, type Restriction } from '../../domain/caller.ts'
import { findIgnoredReason, matchesRule } from '../../domain/ruleMatch.ts'
import { writeCanonicalForm } from '../../domain/transformation/canonicalForm.ts'
import { folderError } from '../apiKeys/accessErrors.ts'
import { defaultPriority } from '../jobs/newJobs.ts'
import type { Platform } from '../ports.ts'
import { toIsoTime } from '../serializers.ts'
import { findReferenceFiles } from '../variants/referenceFiles.ts'
import { resolveAll, type RuleOwner, serializeRule } from './rules.ts'

export async function readRules({ db }: Platform, restriction: Restriction) {
  const [rows, events] = await listRulesAndEvents(db, restriction)
  return {
    rules: rows.map(serializeRule),
    events: isRestricted(restriction)
      ? null
      : events.map(({ lastAt, ...event }) => ({ ...event, lastAt: toIsoTime(lastAt) })),
  }
}

/** Returns the rules that match a file, and the jobs that they would make. Makes none. */
export async function testRules(
  platform: Platform,
  caller: RuleOwner,
  { key: filePath, size: sizeBytes }: TestRules,
) {
  if (!canSeePath(caller, filePath)) {
    return folderError(caller)
  }
  const ignored = findIgnoredReason(filePath)
  const rows = ignored === null ? await listRuleRows(platform.db, caller) : []
  const matches: RuleTest['matches'] = []
  for (const row of rows.filter((each) => matchesRule(each, { filePath, sizeBytes }))) {
    matches.push(await describeMatch(platform, caller, row, filePath))
  }
  const result: RuleTest = { ignored, matches }
  return { ok: true as const, result }
}

async function describeMatch(
  platform: Platform,
  caller: RuleOwner,
  row: RuleRow,
  filePath: string,
): Promise<RuleTest['matches'][number]> {
  const { queue, tags } = row
  const resolved = await resolveAll(platform, caller, queue, row.transformations)
  const problem = resolved.ok
    ? await findReferenceFiles(platform, caller, resolved.renditions)
    : resolved
  const renditions = resolved.ok && problem.ok ? resolved.renditions : []
  // Repeated variants are one job.
  const byName = new Map(renditions.map((rendition) => [writeCanonicalForm(rendition), rendition]))
  return {
    rule: serializeRule(row),
    jobs: [...byName].map(([transformation, rendition]) => ({
      filePath,
      transformation,
      queue,
      priority: row.priority ?? defaultPriority(rendition, {}),
      tags,
    })),
    error: problem.ok ? null : problem.message,
  }
}
