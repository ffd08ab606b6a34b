/** The plan of an attempt: what happens to each track, and why. Runners report it. */
import { z } from 'zod'

const trackPlan = z.object({
  action: z.enum(['copy', 'encode', 'drop']),
  reason: z.string().max(500).describe('The reason in one sentence'),
})

export const plan = z.object({
  mode: z
    .enum(['remux', 'encode', 'frame', 'package', 'probe'])
    .describe(
      'remux: every track of the output is copied; frame: an image or a waveform; package: several files',
    ),
  reason: z.string().max(500).describe('The reason for the mode in one sentence'),
  video: trackPlan
    .nullable()
    .default(null)
    .describe('null if there is no video track to decide on, for example in a probe'),
  audio: trackPlan
    .nullable()
    .default(null)
    .describe('null if there is no audio track to decide on, for example in an image'),
  notes: z
    .array(z.string().max(500))
    .max(20)
    .default([])
    .describe('Remarks, for example that a requested size of a stream is left out'),
})
export type Plan = z.infer<typeof plan>
