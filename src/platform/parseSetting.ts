/** Validates one setting, or a group of them. */
import type { z } from 'zod'

/**
 * An invalid setting. The message has its name and the reason, but not its value, which may be a
 * secret.
 */
export class InvalidSettingError extends Error {
  override name = 'InvalidSettingError'
}

/** @param name name of the setting; by default, the key of `value` that is not valid */
export function parseSetting<Out>(schema: z.ZodType<Out>, value: unknown, name?: string): Out {
  const { success, data, error } = schema.safeParse(value)
  if (success) {
    return data
  }
  const { path, message } = error.issues[0]!
  throw new InvalidSettingError(`${name ?? path[0]?.toString()}: ${message}`)
}
