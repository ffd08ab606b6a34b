/** Named presets: keeping them, and putting them in place of `n` before anything gets its name. */
import type { Preset, PresetBody } from '../../contract/namedPreset.ts'
import type { Transformation } from '../../contract/transformation.ts'
import { deletePresetRow, findPreset, listPresetRows, putPresetRow } from '../../db/namedPresets.ts'
import { findQueue } from '../../db/queues.ts'
import { type Restriction, canSeeQueue } from '../../domain/caller.ts'
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
import type { NamedPresetRow } from '../../db/rows.ts'

/** A list reads a row of each. */
const MAX_PRESETS = 100

type Db = Pick<Platform, 'db'>
function iso(ms: number) {
  return new Date(ms).toISOString()
}
function view({ createdAt, updatedAt, ...row }: NamedPresetRow): Preset {
  return {
    ...row,
    createdAt: iso(createdAt),
    updatedAt: iso(updatedAt),
  }
}
function noQueue(queue: string) {
  return errorResult('queue_not_found', `There is no queue "${queue}".`)
}
function noPreset(queue: string, name: string) {
  return errorResult('preset_not_found', `The queue "${queue}" has no preset "${name}".`)
}

function read(written: PresetBody): Transformation {
  return typeof written === 'string' ? parseTransformation(written) : checkTransformation(written)
}

/**
 * What is meant by a transformation: with the keys of its preset, unless it says otherwise itself.
 * @throws TransformationError when there is no such preset, or what comes of it makes no sense
 */
async function resolve({ db }: Db, queue: string, t: Transformation): Promise<Transformation> {
  const { n, ...own } = t
  if (n === undefined) {
    return t
  }
  const row = await findPreset(db, queue, n)
  if (!row) {
    const names = (await listPresetRows(db, queue)).map(({ name }) => name)
    throw new TransformationError(
      `the queue "${queue}" has no preset "${n}"; ${names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`}`,
    )
  }
  return checkTransformation({ ...parseTransformation(row.transformation), ...own })
}

/** Reads a transformation in either form, with its preset in place, as the rendition that it names. */
export async function resolveRendition(platform: Db, queue: string, written: PresetBody) {
  return toRendition(await resolve(platform, queue, read(written)))
}

/** The name that `n_card/videos/clip.mp4` is written for, with the presets of a queue. */
export async function resolveVariantPath(
  platform: Db,
  queue: string,
  text: string,
): Promise<VariantName> {
  const name = parseVariantName(text)
  if (!name.ok) {
    return name
  }
  const { filePath, transformation: t, written } = name
  if (t === null) {
    return { ok: true, filePath, variant: null }
  }
  try {
    const rendition = toRendition(await resolve(platform, queue, t))
    return { ok: true, filePath, variant: writeCanonicalForm(rendition) }
  } catch (error) {
    if (!(error instanceof TransformationError)) {
      throw error
    }
    return invalidTransformation(written, error)
  }
}

export async function listPresets({ db }: Db, within: Restriction, queue: string) {
  if (!canSeeQueue(within, queue)) {
    return noQueue(queue)
  }
  const rows = await listPresetRows(db, queue)
  if (rows.length === 0 && !(await findQueue(db, queue))) {
    return noQueue(queue)
  }
  return { ok: true as const, presets: rows.map(view) }
}

export async function readPreset({ db }: Db, within: Restriction, queue: string, name: string) {
  const row = canSeeQueue(within, queue) ? await findPreset(db, queue, name) : undefined
  return row ? { ok: true as const, preset: view(row) } : noPreset(queue, name)
}

type Put =
  | { ok: true; preset: Preset }
  | ErrorResult<'queue_not_found' | 'invalid_transformation' | 'invalid_request'>

/** Makes a preset or changes it. What was made with it before keeps its name and stays. */
export async function putPreset(
  { db }: Db,
  within: Restriction,
  { queue, name, written }: { queue: string; name: string; written: PresetBody },
): Promise<Put> {
  if (!canSeeQueue(within, queue) || !(await findQueue(db, queue))) {
    return noQueue(queue)
  }
  let transformation
  try {
    const t = read(written)
    if (t.n !== undefined) {
      return errorResult('invalid_transformation', 'n: a preset cannot name another preset')
    }
    transformation = writeTransformation(t)
  } catch (error) {
    if (!(error instanceof TransformationError)) {
      throw error
    }
    return errorResult('invalid_transformation', error.message)
  }
  if (transformation === '') {
    return errorResult('invalid_transformation', 'a preset takes one key at least, such as w_640')
  }
  const row = await putPresetRow(db, queue, { name, transformation }, MAX_PRESETS, Date.now())
  if (row) {
    return { ok: true, preset: view(row) }
  }
  return errorResult('invalid_request', `A queue may have ${MAX_PRESETS} presets.`)
}

export async function removePreset({ db }: Db, within: Restriction, queue: string, name: string) {
  const gone = canSeeQueue(within, queue) && (await deletePresetRow(db, queue, name))
  return gone ? { ok: true as const } : noPreset(queue, name)
}
