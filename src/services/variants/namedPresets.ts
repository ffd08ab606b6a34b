/** Named presets: stores them, and replaces the key `n` by the preset's transformation. */
import type { Preset, PresetBody } from '../../contract/namedPreset.ts'
import { DEFAULT_QUEUE } from '../../contract/queue.ts'
import type { Transformation } from '../../contract/transformation.ts'
import { deletePresetRow, findPreset, listPresetRows, putPresetRow } from '../../db/namedPresets.ts'
import { findQueue } from '../../db/queues.ts'
import { type Caller, type Restriction, canSeeQueue } from '../../domain/caller.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import { writeCanonicalForm } from '../../domain/transformation/canonicalForm.ts'
import { toRendition } from '../../domain/transformation/rendition.ts'
import { checkTransformation, parseTransformation } from '../../domain/transformation/parse.ts'
import { writeTransformation } from '../../domain/transformation/write.ts'
import { TransformationError } from '../../domain/transformation/transformationError.ts'
import {
  invalidTransformation,
  parseVariantName,
  type VariantName,
} from '../../domain/transformation/variantPath.ts'
import type { Platform } from '../ports.ts'
import { toIsoTime } from '../serializers.ts'
import type { NamedPresetRow } from '../../db/rows.ts'

/** Maximum number of presets of a queue, because a list returns all of them. */
const MAX_PRESETS = 100

type DatabaseAccess = Pick<Platform, 'db'>

/** Presets of one queue by their names, so that a request reads each of them once. */
export type FoundPresets = Map<string, NamedPresetRow>

/** The properties of the caller that named presets depend on. */
type PresetReader = Pick<Caller, 'keyId' | 'queue'>

function serializePreset({ createdAt, updatedAt, ...row }: NamedPresetRow): Preset {
  return {
    ...row,
    createdAt: toIsoTime(createdAt),
    updatedAt: toIsoTime(updatedAt),
  }
}

function queueNotFound(queue: string) {
  return errorResult('queue_not_found', `There is no queue "${queue}".`)
}

function presetNotFound(queue: string, name: string) {
  return errorResult('preset_not_found', `The queue "${queue}" has no preset "${name}".`)
}

/** @throws TransformationError if the transformation is not valid */
export function readTransformation(body: PresetBody): Transformation {
  return typeof body === 'string' ? parseTransformation(body) : checkTransformation(body)
}

/** Returns whether an error may list the presets: visitors get only those of the default queue. */
function canListPresets({ keyId }: PresetReader, queue: string) {
  return keyId !== null || queue === DEFAULT_QUEUE
}

/**
 * Adds the keys of the named preset. Keys of the transformation itself take precedence. A queue
 * that the caller cannot see is treated as one without presets.
 *
 * @throws TransformationError if there is no such preset, or the combination is not valid
 */
async function applyPreset(
  { db }: DatabaseAccess,
  caller: PresetReader,
  queue: string,
  transformation: Readonly<Transformation>,
  found: FoundPresets = new Map(),
): Promise<Readonly<Transformation>> {
  const { n, ...own } = transformation
  if (n === undefined) {
    return transformation
  }
  const isVisible = canSeeQueue(caller, queue)
  const row = isVisible ? (found.get(n) ?? (await findPreset(db, queue, n))) : undefined
  if (!row) {
    const message = `The queue "${queue}" has no preset "${n}".`
    if (!isVisible || !canListPresets(caller, queue)) {
      throw new TransformationError(message)
    }
    const names = (await listPresetRows(db, queue)).map(({ name }) => name)
    throw new TransformationError(
      `${message} It has ${names.length === 0 ? 'none' : names.join(', ')}.`,
    )
  }
  found.set(n, row)
  return checkTransformation({ ...parseTransformation(row.transformation), ...own })
}

/**
 * Returns the rendition of a transformation, with its named preset (`n`) applied.
 *
 * @throws TransformationError if the transformation is not valid, or there is no such preset
 */
export async function resolveRendition(
  platform: DatabaseAccess,
  caller: PresetReader,
  queue: string,
  transformation: PresetBody,
  found?: FoundPresets,
) {
  const written = readTransformation(transformation)
  return toRendition(await applyPreset(platform, caller, queue, written, found))
}

/** By transformations without a preset, which are shared by requests. */
const variantNames = new WeakMap<Readonly<Transformation>, string>()

function nameVariant(transformation: Readonly<Transformation>): string {
  const name = variantNames.get(transformation) ?? writeCanonicalForm(toRendition(transformation))
  variantNames.set(transformation, name)
  return name
}

/** Reads a path such as `n_card/videos/clip.mp4`, with its named preset applied. */
export async function resolveVariantPath(
  platform: DatabaseAccess,
  caller: PresetReader,
  queue: string,
  text: string,
): Promise<VariantName> {
  const name = parseVariantName(text)
  if (!name.ok) {
    return name
  }
  const { filePath, transformation, written } = name
  if (transformation === null) {
    return { ok: true, filePath, variant: null }
  }
  try {
    const applied = await applyPreset(platform, caller, queue, transformation)
    return { ok: true, filePath, variant: nameVariant(applied) }
  } catch (error) {
    if (!(error instanceof TransformationError)) {
      throw error
    }
    return invalidTransformation(written, error)
  }
}

export async function listPresets({ db }: DatabaseAccess, restriction: Restriction, queue: string) {
  if (!canSeeQueue(restriction, queue)) {
    return queueNotFound(queue)
  }
  const rows = await listPresetRows(db, queue)
  if (rows.length === 0 && !(await findQueue(db, queue))) {
    return queueNotFound(queue)
  }
  return { ok: true as const, presets: rows.map(serializePreset) }
}

export async function readPreset(
  { db }: DatabaseAccess,
  restriction: Restriction,
  queue: string,
  name: string,
) {
  const row = canSeeQueue(restriction, queue) ? await findPreset(db, queue, name) : undefined
  return row ? { ok: true as const, preset: serializePreset(row) } : presetNotFound(queue, name)
}

type PutOutcome =
  | { ok: true; preset: Preset }
  | ErrorResult<'queue_not_found' | 'invalid_transformation' | 'invalid_request'>

/** Creates or changes a preset. Variants that were made with it do not change. */
export async function putPreset(
  { db }: DatabaseAccess,
  restriction: Restriction,
  { queue, name, body }: { queue: string; name: string; body: PresetBody },
): Promise<PutOutcome> {
  if (!canSeeQueue(restriction, queue) || !(await findQueue(db, queue))) {
    return queueNotFound(queue)
  }
  let transformation
  try {
    const parsed = readTransformation(body)
    if (parsed.n !== undefined) {
      return errorResult('invalid_transformation', 'n: A preset cannot name another preset.')
    }
    transformation = writeTransformation(parsed)
  } catch (error) {
    if (!(error instanceof TransformationError)) {
      throw error
    }
    return errorResult('invalid_transformation', error.message)
  }
  if (transformation === '') {
    return errorResult('invalid_transformation', 'A preset needs at least one key, such as w_640.')
  }
  const row = await putPresetRow(db, queue, { name, transformation }, MAX_PRESETS, Date.now())
  if (row) {
    return { ok: true, preset: serializePreset(row) }
  }
  return errorResult(
    'invalid_request',
    `The preset was not stored: the queue "${queue}" already has ${MAX_PRESETS} other presets, which is the maximum, or another request changed this preset at the same time.`,
  )
}

export async function deletePreset(
  { db }: DatabaseAccess,
  restriction: Restriction,
  queue: string,
  name: string,
) {
  const isDeleted = canSeeQueue(restriction, queue) && (await deletePresetRow(db, queue, name))
  return isDeleted ? { ok: true as const } : presetNotFound(queue, name)
}
