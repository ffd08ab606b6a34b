/** Makes the jobs of the rules that match a stored file. */
import type { ErrorCode } from '../../contract/errors.ts'
import type { BucketEventOutcome } from '../../contract/rule.ts'
import { listVariantsOf } from '../../db/outputs.ts'
import type { RuleRow } from '../../db/rows.ts'
import { recordRuleRun } from '../../db/rules.ts'
import { type Caller, ROOT } from '../../domain/caller.ts'
import { sha256Hex } from '../../domain/digest.ts'
import { findIgnoredReason, matchesRule } from '../../domain/ruleMatch.ts'
import { writeCanonicalForm } from '../../domain/transformation/canonicalForm.ts'
import type { StoredObject } from '../../storage/objectStore.ts'
import { findCallerById } from '../apiKeys/apiKeys.ts'
import { createJobs } from '../jobs/createJobs.ts'
import type { Platform } from '../ports.ts'
import { areUnchanged } from '../variants/referenceFiles.ts'
import { resolveAll } from './rules.ts'

/** Returned errors of `createJobs` that end a notification. After any other, it is tried again. */
const HANDLED: Partial<Record<ErrorCode, BucketEventOutcome>> = {
  // An earlier notification of the same upload has made the jobs. The rule was changed since, or the
  // jobs are deleted.
  idempotency_conflict: 'duplicate',
  idempotency_jobs_deleted: 'duplicate',
  content_mismatch: 'rejected',
  forbidden: 'rejected',
  invalid_request: 'rejected',
}

interface RunResult {
  outcome: BucketEventOutcome
  jobs: number
  error: string | null
}

/**
 * Applies the rules that match to a file, once for each upload of it, also if it is called again.
 *
 * @throws Error if a rule could not make its jobs now; the other rules have made theirs
 */
export async function applyRules(
  platform: Platform,
  rules: readonly RuleRow[],
  object: StoredObject,
): Promise<BucketEventOutcome> {
  const file = { filePath: object.key, sizeBytes: object.sizeBytes }
  const results: RunResult[] = []
  const problems: string[] = []
  if (findIgnoredReason(object.key) === null) {
    for (const rule of rules.filter((each) => matchesRule(each, file))) {
      const caller = await findRuleCaller(platform, rule)
      if (caller) {
        const result = await runRule(platform, caller, rule, object)
        results.push(result)
        problems.push(...(result.outcome === 'failed' ? [`${rule.id}: ${result.error}`] : []))
      }
    }
  }
  if (problems.length > 0) {
    throw new Error(problems.join(' '))
  }
  const order = ['matched', 'rejected', 'outdated', 'duplicate'] as const
  return order.find((one) => results.some(({ outcome }) => outcome === one)) ?? 'unmatched'
}

/** Returns for whom the jobs are made; null if its API key is disabled, expired or deleted. */
async function findRuleCaller(platform: Platform, { apiKeyId }: RuleRow): Promise<Caller | null> {
  if (apiKeyId === null) {
    return ROOT
  }
  const found = await findCallerById(platform, apiKeyId)
  return found.ok ? found.caller : null
}

async function runRule(
  platform: Platform,
  caller: Caller,
  rule: RuleRow,
  object: StoredObject,
): Promise<RunResult> {
  const result = await createMissingJobs(platform, caller, rule, object)
  if (result.jobs > 0 || result.error !== null || rule.lastError !== null) {
    await recordRuleRun(platform.db, rule.id, result, Date.now())
  }
  return result
}

async function createMissingJobs(
  platform: Platform,
  caller: Caller,
  rule: RuleRow,
  object: StoredObject,
): Promise<RunResult> {
  const { queue, priority, tags } = rule
  const transformations = await listMissing(platform, caller, rule, object)
  if (transformations.length === 0) {
    return { outcome: 'duplicate', jobs: 0, error: null }
  }
  const request = {
    filePath: object.key,
    queue,
    transformations,
    tags,
    ...(priority !== null && { priority }),
  }
  // Two uploads of the same bytes differ in their time.
  const upload = JSON.stringify([object.key, object.etag, object.uploadedAt.getTime()])
  const key = `rule:${rule.id}:${await sha256Hex(upload)}`
  const created = await createJobs(platform, caller, request, key)
  if (created.ok) {
    const jobs = created.jobs.filter(({ deduplicated }) => !deduplicated).length
    return { outcome: jobs > 0 ? 'matched' : 'duplicate', jobs, error: null }
  }
  // Without the file, its notification is outdated. Otherwise, a reference file is not in storage yet.
  const isGone = created.code === 'file_not_found' && !(await platform.originals.head(object.key))
  const outcome = isGone ? 'outdated' : (HANDLED[created.code] ?? 'failed')
  const isProblem = outcome === 'failed' || outcome === 'rejected'
  return { outcome, jobs: 0, error: isProblem ? created.message : null }
}

/** Returns the transformations of which there is no variant of this content yet that the caller can see. */
async function listMissing(
  platform: Platform,
  caller: Caller,
  { queue, transformations }: RuleRow,
  { key, etag }: StoredObject,
): Promise<string[]> {
  const resolved = await resolveAll(platform, caller, queue, transformations)
  const variants = resolved.ok ? await listVariantsOf(platform.db, key, etag, caller.queue) : []
  if (!resolved.ok || variants.length === 0) {
    return transformations
  }
  const current = new Set<string>()
  for (const { transformation, referenceFiles } of variants) {
    if (await areUnchanged(platform, referenceFiles)) {
      current.add(transformation)
    }
  }
  return transformations.filter((_, n) => !current.has(writeCanonicalForm(resolved.renditions[n]!)))
}
