/** Statements on rules for bucket events, and on the number of events. */
import { and, asc, eq, sql } from 'drizzle-orm'
import type { BucketEventOutcome } from '../contract/rule.ts'
import type { Restriction } from '../domain/caller.ts'
import { beginsWith } from './accessConditions.ts'
import { type Database, first } from './database.ts'
import type { RuleRow } from './rows.ts'
import { bucketEventCounts, rules } from './schema/index.ts'

/** Condition: the rule makes only jobs that the caller can see. */
function isVisible({ queue, pathPrefix }: Restriction) {
  return and(
    queue === null ? undefined : eq(rules.queue, queue),
    pathPrefix === null ? undefined : beginsWith(rules.prefix, pathPrefix),
  )
}

export type NewRule = Omit<RuleRow, 'jobsCreated' | 'lastJobAt' | 'lastError' | 'lastErrorAt'>

/** Inserts a rule; undefined if there are `maximum` already. */
export async function insertRule(
  db: Database,
  rule: NewRule,
  maximum: number,
): Promise<RuleRow | undefined> {
  await db.run(sql`
    INSERT INTO rules (id, name, enabled, prefix, suffixes, min_bytes, max_bytes, queue,
      transformations, priority, tags, api_key_id, created_at, updated_at)
    SELECT ${rule.id}, ${rule.name}, ${rule.enabled ? 1 : 0}, ${rule.prefix},
      ${JSON.stringify(rule.suffixes)}, ${rule.minBytes}, ${rule.maxBytes}, ${rule.queue},
      ${JSON.stringify(rule.transformations)}, ${rule.priority}, ${JSON.stringify(rule.tags)},
      ${rule.apiKeyId}, ${rule.createdAt}, ${rule.updatedAt}
    WHERE (SELECT count(*) FROM rules) < ${maximum}`)
  return db.select().from(rules).where(eq(rules.id, rule.id)).get()
}

const IN_ORDER = [asc(rules.createdAt), asc(rules.id)] as const

/** All rules that the caller can see, oldest first. `insertRule` enforces the maximum number. */
export function listRuleRows(db: Database, restriction: Restriction) {
  return db
    .select()
    .from(rules)
    .where(isVisible(restriction))
    .orderBy(...IN_ORDER)
}

/** The rules of `listRuleRows`, and the number of notifications by outcome. */
export function listRulesAndEvents(db: Database, restriction: Restriction) {
  const events = db.select().from(bucketEventCounts).orderBy(asc(bucketEventCounts.outcome))
  return db.batch([listRuleRows(db, restriction), events])
}

// Async, so that the result is a promise. The query of Drizzle runs again each time that it is awaited.
export async function listEnabledRules(db: Database): Promise<RuleRow[]> {
  return db
    .select()
    .from(rules)
    .where(eq(rules.enabled, true))
    .orderBy(...IN_ORDER)
}

export function findRule(
  db: Database,
  id: string,
  restriction: Restriction,
): Promise<RuleRow | undefined> {
  return db
    .select()
    .from(rules)
    .where(and(eq(rules.id, id), isVisible(restriction)))
    .get()
}

/**
 * Changes a rule that the caller can see. What is undefined stays. Returns the rule, or undefined if there
 * is none.
 */
export function updateRule(
  db: Database,
  id: string,
  restriction: Restriction,
  changes: { [Setting in keyof NewRule]?: NewRule[Setting] | undefined },
): Promise<RuleRow | undefined> {
  return db
    .update(rules)
    .set(changes)
    .where(and(eq(rules.id, id), isVisible(restriction)))
    .returning()
    .then(first)
}

/** Returns false if there is no such rule that the caller can see. */
export async function deleteRuleRow(db: Database, id: string, restriction: Restriction) {
  const where = and(eq(rules.id, id), isVisible(restriction))
  return (await db.delete(rules).where(where).returning({ id: rules.id })).length > 0
}

/** Records what a rule did with a file: the number of jobs that it made, or why it made none. */
export async function recordRuleRun(
  db: Database,
  id: string,
  { jobs, error }: { jobs: number; error: string | null },
  now: number,
): Promise<void> {
  await db
    .update(rules)
    .set({
      lastError: error,
      ...(error !== null && { lastErrorAt: now }),
      ...(jobs > 0 && { jobsCreated: sql`${rules.jobsCreated} + ${jobs}`, lastJobAt: now }),
    })
    .where(eq(rules.id, id))
}

export async function addBucketEvents(
  db: Database,
  outcomes: ReadonlyMap<BucketEventOutcome, number>,
  now: number,
): Promise<void> {
  await db.run(sql`
    INSERT INTO bucket_event_counts (outcome, count, last_at)
    SELECT value ->> 0, value ->> 1, ${now} FROM json_each(${JSON.stringify([...outcomes])})
    WHERE true
    ON CONFLICT (outcome) DO UPDATE SET count = count + excluded.count, last_at = excluded.last_at`)
}
