/** Assignments in each version of the runner protocol that the gateway supports. */
import { z } from 'zod'
import { type Assignment, assignment } from './runnerProtocol.ts'

/** Fields of a rendition that have another name in protocol version 3, each with that name. */
const FIELD_NAMES_3: Readonly<Record<string, string>> = {
  resizeMode: 'fit',
  encoderSpeed: 'preset',
  trimMode: 'cut',
  watermark: 'overlay',
  watermarkGravity: 'overlayGravity',
  watermarkSize: 'overlaySize',
  watermarkOpacity: 'overlayOpacity',
  waveformColor: 'colour',
}
const FIELD_NAMES_4 = Object.fromEntries(
  Object.entries(FIELD_NAMES_3).map(([name, old]) => [old, name]),
)

const assignment3 = assignment.extend({
  rendition: z
    .record(z.string(), z.unknown())
    .describe('In protocol version 3, with the field names of that version'),
})
/**
 * An assignment as sent to a runner: in version 4, or in version 3 with other field names in the
 * rendition.
 */
export const sentAssignment = z.union([assignment, assignment3])
export type SentAssignment = z.infer<typeof sentAssignment>

function renameFields(rendition: object, names: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(rendition).map(([name, value]) => [names[name] ?? name, value as unknown]),
  )
}

/** Writes an assignment for a runner that claimed with `protocol`. */
export function writeAssignment(current: Assignment, protocol: number): SentAssignment {
  return protocol >= 4
    ? current
    : { ...current, rendition: renameFields(current.rendition, FIELD_NAMES_3) }
}

/**
 * Reads the response to a claim that was made with `protocol`.
 *
 * @throws ZodError if it is not a valid assignment
 */
export function readAssignment(sent: unknown, protocol: number): Assignment {
  if (protocol >= 4) {
    return assignment.parse(sent)
  }
  const { rendition, ...rest } = assignment3.parse(sent)
  return assignment.parse({ ...rest, rendition: renameFields(rendition, FIELD_NAMES_4) })
}
