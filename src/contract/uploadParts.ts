/** Parts of an upload, in the API and in the protocol of runners. */
import { z } from 'zod'

export const MAX_PARTS = 10_000
export const uploadedPart = z.object({
  partNumber: z.int().min(1).max(MAX_PARTS),
  etag: z.string(),
})
export type UploadedPart = z.infer<typeof uploadedPart>
/** The parts that complete an upload. Each part number must be unique. */
export const namedParts = z
  .array(uploadedPart)
  .min(1)
  .max(MAX_PARTS)
  .superRefine((parts, context) => {
    const numbers = new Set<number>()
    for (const [index, { partNumber }] of parts.entries()) {
      if (numbers.has(partNumber)) {
        context.addIssue({
          code: 'custom',
          path: [index, 'partNumber'],
          message: `Part ${partNumber} is named twice. Name each part once.`,
        })
      }
      numbers.add(partNumber)
    }
  })
