/**
 * Transformations as objects. A caller may write every key by its short or its long name; the
 * result of parsing has short names only. The fields in `rendition.ts` determine which keys a kind
 * of variant accepts.
 */
import { z } from 'zod'
import { quote } from './quote.ts'
import { findKey, type Key, KEY_DEFINITIONS, KEYS } from './keys.ts'

/** A variant as a caller requests it. Keys that are missing have their defaults. */
export type Transformation = {
  [K in Key]?: z.output<(typeof KEY_DEFINITIONS)[K]['schema']> | undefined
}

const shape = Object.fromEntries(
  KEYS.flatMap((key) => {
    const { name, schema, description } = KEY_DEFINITIONS[key]
    return [
      [key, schema.optional().describe(description)],
      [name, schema.optional().describe(`Long name of ${key}. ${description}`)],
    ]
  }),
)

const KEY_NAMES = KEYS.map((key) => `${key} (${KEY_DEFINITIONS[key].name})`).join(', ')

export const transformation = z
  .strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `${quote(String(issue.keys?.[0]))} is not a key. The keys are ${KEY_NAMES}.`
        : undefined,
  })
  .transform((input, context): Transformation => {
    const parsed: Record<string, unknown> = {}
    for (const [name, value] of Object.entries(input)) {
      const key = findKey(name)!
      if (value === undefined) {
        continue
      }
      if (key in parsed) {
        const { name: longName } = KEY_DEFINITIONS[key]
        context.addIssue({
          code: 'custom',
          path: [name],
          params: { hasBothNames: true },
          message: `${key} and ${longName} are two names of one key: give only one of them.`,
        })
        return z.NEVER
      }
      parsed[key] = value
    }
    return parsed
  })
  .meta({ id: 'Transformation' })
