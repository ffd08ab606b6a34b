/** Named presets: transformations that a queue keeps under a name, for `n_card` in others. */
import { z } from 'zod'
import { KEY_DEFINITIONS } from './keys.ts'
import { transformation } from './transformation.ts'

export const presetName = KEY_DEFINITIONS.n.schema

export const preset = z
  .object({
    name: z.string(),
    queue: z.string(),
    transformation: z.string().describe('As it was written, with its keys in order'),
    createdAt: z.iso.datetime({ precision: 3 }),
    updatedAt: z.iso.datetime({ precision: 3 }),
  })
  .meta({ id: 'Preset' })
export type Preset = z.infer<typeof preset>

/** A string in the URL grammar, or an object; without `n`. */
export const presetBody = z.union([z.string().max(2_000), transformation])
export type PresetBody = z.infer<typeof presetBody>
