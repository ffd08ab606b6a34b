/** Rules for bucket events: creates, lists, changes and deletes them. */
import { shorten } from '../../contract/quote.ts'
import { DEFAULT_QUEUE } from '../../contract/queue.ts'
import type { PresetBody } from '../../contract/namedPreset.ts'
import type { Rendition } from '../../contract/rendition.ts'
import type { ChangeRule, CreateRule, Rule } from '../../contract/rule.ts'
import { findQueue } from '../../db/queues.ts'
import type { RuleRow } from '../../db/rows.ts'
import { deleteRuleRow, findRule, insertRule, updateRule } from '../../db/rules.ts'
import {
  type Caller,
  canSeePath,
  canSeeQueue,
  chargedKeyId,
  isRestricted,
  type Restriction,
} from '../../domain/caller.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import { TransformationError } from '../../domain/transformation/transformationError.ts'
import { writeTransformation } from '../../domain/transformation/write.ts'
import { folderError } from '../apiKeys/accessErrors.ts'
import { readKey } from '../apiKeys/apiKeys.ts'
import type { Platform } from '../ports.ts'
import { toIsoTime } from '../serializers.ts'
import { readTransformation, resolveRendition } from '../variants/namedPresets.ts'
import { hiddenFileError } from '../variants/referenceFiles.ts'

/** Maximum number of rules. Each notification is compared with all of them, and a list has all. */
const MAX_RULES = 100

export type RuleOwner = Restriction & Pick<Caller, 'keyId' | 'maxQueuedJobs'>
type RuleError = ErrorResult<
  'forbidden' | 'invalid_request' | 'invalid_transformation' | 'queue_not_found'
>
type RuleNotFound = ErrorResult<'rule_not_found'>

function ruleNotFound(id: string): RuleNotFound {
  return errorResult('rule_not_found', `There is no rule ${shorten(id)}.`)
}

export async function createRule(
  platform: Platform,
  caller: RuleOwner,
  request: CreateRule,
): Promise<{ ok: true; row: RuleRow } | RuleError> {
  const settings = {
    ...request,
    prefix: request.prefix ?? caller.pathPrefix ?? '',
    queue: request.queue ?? caller.queue ?? DEFAULT_QUEUE,
  }
  const problem = await findProblem(platform, caller, settings, null)
  if (problem) {
    return problem
  }
  const now = Date.now()
  const row = await insertRule(
    platform.db,
    {
      ...settings,
      transformations: settings.transformations.map(writeStored),
      id: `rule_${crypto.randomUUID().replaceAll('-', '')}`,
      // The rule must not do more than the key may, nor longer.
      apiKeyId: chargedKeyId(caller),
      createdAt: now,
      updatedAt: now,
    },
    MAX_RULES,
  )
  return row
    ? { ok: true, row }
    : errorResult(
        'invalid_request',
        `There are ${MAX_RULES} rules, which is the maximum. Delete one first.`,
      )
}

export async function readRule(
  { db }: Platform,
  restriction: Restriction,
  id: string,
): Promise<{ ok: true; row: RuleRow } | RuleNotFound> {
  const row = await findRule(db, id, restriction)
  return row ? { ok: true, row } : ruleNotFound(id)
}

/**
 * Changes a rule, for the files that arrive from now on. If the caller has a restriction or a
 * `maxQueuedJobs`, the rule makes its jobs for this caller from now on. Otherwise, the owner stays.
 */
export async function changeRule(
  platform: Platform,
  caller: RuleOwner,
  id: string,
  changes: ChangeRule,
): Promise<{ ok: true; row: RuleRow } | RuleError | RuleNotFound> {
  const found = await readRule(platform, caller, id)
  if (!found.ok) {
    return found
  }
  const isBound = isRestricted(caller) || caller.maxQueuedJobs !== null
  const problem =
    (await findProblem(platform, caller, changes, found.row)) ??
    (isBound ? null : await findProblemOfOwner(platform, changes, found.row))
  if (problem) {
    return problem
  }
  // Only what is given is written, so that a concurrent change of something else stays.
  const { transformations, ...given } = changes
  const row = await updateRule(platform.db, id, caller, {
    ...given,
    ...(transformations && { transformations: transformations.map(writeStored) }),
    ...(isBound && { apiKeyId: chargedKeyId(caller) }),
    updatedAt: Date.now(),
  })
  return row ? { ok: true, row } : ruleNotFound(id)
}

export async function deleteRule({ db }: Platform, restriction: Restriction, id: string) {
  const isDeleted = await deleteRuleRow(db, id, restriction)
  return isDeleted ? { ok: true as const } : ruleNotFound(id)
}

/** Returns why a rule cannot have these settings; null if it can. Only what is given is checked. */
async function findProblem(
  platform: Platform,
  owner: RuleOwner,
  given: ChangeRule,
  current: RuleRow | null,
): Promise<RuleError | null> {
  if (given.queue !== undefined && !canSeeQueue(owner, given.queue)) {
    return errorResult('forbidden', `This key is restricted to the queue "${owner.queue}".`)
  }
  if (given.prefix !== undefined && !canSeePath(owner, given.prefix)) {
    return folderError(owner)
  }
  const { minBytes = null, maxBytes = null } = { ...current, ...given }
  const isBoundGiven = given.minBytes !== undefined || given.maxBytes !== undefined
  if (isBoundGiven && minBytes !== null && maxBytes !== null && minBytes > maxBytes) {
    return errorResult(
      'invalid_request',
      `minBytes must not be greater than maxBytes (got ${minBytes} and ${maxBytes}).`,
    )
  }
  if (given.queue !== undefined && !(await findQueue(platform.db, given.queue))) {
    return errorResult('queue_not_found', `There is no queue "${given.queue}".`)
  }
  if (given.queue === undefined && given.transformations === undefined) {
    return null
  }
  // Named presets are those of the queue.
  const queue = given.queue ?? current?.queue ?? DEFAULT_QUEUE
  const transformations = given.transformations ?? current?.transformations ?? []
  const resolved = await resolveAll(platform, owner, queue, transformations)
  return resolved.ok ? hiddenFileError(owner, resolved.renditions) : resolved
}

/** Checks changes by another caller as the key for which the rule makes its jobs. */
async function findProblemOfOwner(
  platform: Platform,
  given: ChangeRule,
  rule: RuleRow,
): Promise<RuleError | null> {
  const key = rule.apiKeyId === null ? null : await readKey(platform, rule.apiKeyId)
  if (!key?.ok) {
    return null
  }
  const problem = await findProblem(platform, { ...key.row, keyId: key.row.id }, given, rule)
  return (
    problem &&
    errorResult(
      problem.code,
      `The rule makes its jobs for the API key ${key.row.id}. ${problem.message}`,
    )
  )
}

/** Reads transformations of a queue. The error names the first that cannot be made. */
export async function resolveAll(
  platform: Platform,
  caller: Pick<Caller, 'keyId' | 'queue'>,
  queue: string,
  transformations: readonly PresetBody[],
): Promise<{ ok: true; renditions: Rendition[] } | ErrorResult<'invalid_transformation'>> {
  const renditions: Rendition[] = []
  for (const [index, transformation] of transformations.entries()) {
    try {
      renditions.push(await resolveRendition(platform, caller, queue, transformation))
    } catch (error) {
      if (!(error instanceof TransformationError)) {
        throw error
      }
      return errorResult('invalid_transformation', `transformations[${index}]: ${error.message}`)
    }
  }
  return { ok: true, renditions }
}

/** Writes a valid transformation in the URL grammar, which has no text for the one without keys. */
function writeStored(transformation: PresetBody): string {
  return writeTransformation(readTransformation(transformation)) || 'f_mp4'
}

export function serializeRule(row: RuleRow): Rule {
  const { apiKeyId: _, createdAt, updatedAt, lastJobAt, lastErrorAt, ...settings } = row
  return {
    ...settings,
    createdAt: toIsoTime(createdAt),
    updatedAt: toIsoTime(updatedAt),
    lastJobAt: toIsoTime(lastJobAt),
    lastErrorAt: toIsoTime(lastErrorAt),
  }
}
