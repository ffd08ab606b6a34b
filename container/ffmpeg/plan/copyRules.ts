/**
 * Decides whether a track can be stream copied. A field that differs from its default prevents
 * stream copy, unless its rule is null or a function that returns null. Functions also run for
 * default values. A field that has no rule prevents stream copy when it differs from its default,
 * so that a new field is not ignored by mistake.
 */
import { changedFields } from '../../../src/contract/defaults.ts'
import type { Rendition } from '../../../src/contract/rendition.ts'

export type CopyRule<R, Source> =
  /** The reason to encode when the field differs from its default. */
  | string
  /** Compares the field with the source. Returns the reason to encode; null when it matches. */
  | ((rendition: R, source: Source) => string | null)
  /** The field does not concern the track, or another field's rule covers it. */
  | null

/** Rules by field, in the order in which they are checked. The first reason is returned. */
export type CopyRules<R, Source> = { readonly [Field in keyof R]?: CopyRule<R, Source> }

/** Returns why the track must be encoded; null when it can be copied. */
export function findCopyObstacle<R extends Rendition, Source>(
  rendition: R,
  source: Source,
  rules: CopyRules<R, Source>,
): string | null {
  const changed: ReadonlySet<string> = changedFields(rendition)
  for (const [field, rule] of Object.entries<CopyRule<R, Source> | undefined>(rules)) {
    const reason =
      typeof rule === 'function' ? rule(rendition, source) : changed.has(field) ? rule : null
    if (typeof reason === 'string') {
      return reason
    }
  }
  const other = [...changed].find((field) => !Object.hasOwn(rules, field))
  return other === undefined ? null : `${other} is set`
}

interface Trimmed {
  startSeconds: number
  endSeconds: number | null
  trimMode: 'exact' | 'fast'
}

/** An exact trim can begin between key frames, so the track must be encoded. */
function compareTrim({ trimMode }: Trimmed, { isPartial }: { isPartial: boolean }): string | null {
  return isPartial && trimMode === 'exact' ? 'a part is requested, exact to the frame' : null
}

/** Rules for fields that change both video and audio. */
export const TIME_RULES = {
  speed: 'the speed changes',
  append: 'files are joined',
  fadeInSeconds: 'fades are applied',
  fadeOutSeconds: 'fades are applied',
  startSeconds: compareTrim,
  endSeconds: compareTrim,
  // Covered by compareTrim.
  trimMode: null,
} as const
