/** Rules for bucket events: creates, lists, changes and deletes them. */
import { shorten } from '../../contract/quote.ts'
import { DEFAULT_QUEUE } from '../../contract/queue.ts'
import type { PresetBody } from '../../contract/namedPreset.ts'
import type { Rendition } from '../../contract/rendition.ts'
import type { ChangeRule, CreateRule, Rule } from '../../contract/rule.ts'
import { findQueue } from '../../db/queues.ts'
import type { RuleRow } from '../../db/rows.ts'
import { deleteRuleRow, findRule, insertRule, type NewRule, updateRule } from '../../db/rules.ts'
import { type Caller, canSeePath, canSeeQueue, type Restriction } from '../../domain/caller.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import { TransformationError } from '../../domain/transformation/transformationError.ts'
import { writeTransformation } from '../../domain/transformation/write.ts'
import { folderError } from '../apiKeys/accessErrors.ts'
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
/** What a caller sets of a rule. */
type Settings = Omit<NewRule, 'id' | 'apiKeyId' | 'createdAt' | 'updatedAt'>

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
  const checked = await checkSettings(platform, caller, settings)
  if (!checked.ok) {
    return checked
  }
  const isBound =
    caller.queue !== null || caller.pathPrefix !== null || caller.maxQueuedJobs !== null
  const now = Date.now()
  const row = await insertRule(
    platform.db,
    {
      ...checked.settings,
      id: `rule_${crypto.randomUUID().replaceAll('-', '')}`,
      // The rule must not do more than the key may.
      apiKeyId: isBound ? caller.keyId : null,
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

/** Changes a rule, for the files that arrive from now on. */
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
  const { name, enabled, prefix, suffixes, minBytes, maxBytes, queue, priority, tags } = found.row
  const { transformations } = found.row
  const current = { name, enabled, prefix, suffixes, minBytes, maxBytes, queue, priority, tags }
  const given = Object.fromEntries(
    Object.entries(changes).filter(([, value]) => value !== undefined),
  )
  const wanted = { ...current, transformations, ...given }
  const checked = await checkSettings(platform, caller, wanted)
  if (!checked.ok) {
    return checked
  }
  const row = await updateRule(platform.db, id, caller, {
    ...checked.settings,
    updatedAt: Date.now(),
  })
  return row ? { ok: true, row } : ruleNotFound(id)
}

export async function deleteRule({ db }: Platform, restriction: Restriction, id: string) {
  const isDeleted = await deleteRuleRow(db, id, restriction)
  return isDeleted ? { ok: true as const } : ruleNotFound(id)
}

async function checkSettings(
  platform: Platform,
  caller: RuleOwner,
  wanted: Omit<Settings, 'transformations'> & { transformations: PresetBody[] },
): Promise<{ ok: true; settings: Settings } | RuleError> {
  const { queue, prefix, minBytes, maxBytes, transformations } = wanted
  if (!canSeeQueue(caller, queue)) {
    return errorResult('forbidden', `This key is restricted to the queue "${caller.queue}".`)
  }
  if (!canSeePath(caller, prefix)) {
    return folderError(caller)
  }
  if (minBytes !== null && maxBytes !== null && minBytes > maxBytes) {
    return errorResult(
      'invalid_request',
      `minBytes must not be greater than maxBytes (got ${minBytes} and ${maxBytes}).`,
    )
  }
  if (!(await findQueue(platform.db, queue))) {
    return errorResult('queue_not_found', `There is no queue "${queue}".`)
  }
  const resolved = await resolveAll(platform, caller, queue, transformations)
  if (!resolved.ok) {
    return resolved
  }
  const hidden = hiddenFileError(caller, resolved.renditions)
  return (
    hidden ?? {
      ok: true,
      settings: { ...wanted, transformations: transformations.map(writeStored) },
    }
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
