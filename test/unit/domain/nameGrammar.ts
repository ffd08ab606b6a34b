/**
 * The transformation grammar with the defaults of names. These never change, so that new defaults
 * of requests do not affect the tests.
 */
import { NAME_DEFAULTS } from '../../../src/contract/defaults.ts'
import type { Transformation } from '../../../src/contract/transformation.ts'
import {
  checkTransformation,
  parseTransformation,
} from '../../../src/domain/transformation/parse.ts'
import { toRendition } from '../../../src/domain/transformation/rendition.ts'

export function parse(text: string) {
  return parseTransformation(text, NAME_DEFAULTS)
}

export function check(value: unknown) {
  return checkTransformation(value, NAME_DEFAULTS)
}

export function fill(t: Transformation) {
  return toRendition(t, NAME_DEFAULTS)
}
