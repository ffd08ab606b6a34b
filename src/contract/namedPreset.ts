/**
 * Named presets: transformations that are stored in a queue under a name. `n_card` requests the
 * preset `card`.
 */
import { z } from 'zod'
import { KEY_DEFINITIONS } from './keys.ts'
import { transformation } from './transformation.ts'

export const presetName = KEY_DEFINITIONS.n.schema

export const preset = z
  .object({
    name: z.string(),
    queue: z.string(),
    transformation: z
      .string()
      .describe('The transformation as stored: short names, in the order of the canonical form'),
    createdAt: z.iso.datetime({ precision: 3 }),
    updatedAt: z.iso.datetime({ precision: 3 }),
  })
  .meta({ id: 'Preset' })
export type Preset = z.infer<typeof preset>

/** A transformation as a string in the URL grammar, or as an object. */
export const presetBody = z.union([z.string().max(2_000), transformation])
export type PresetBody = z.infer<typeof presetBody>
