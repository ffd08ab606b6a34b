/** The types of the tables' rows. */
import type {
  apiKeys,
  attempts,
  events,
  jobs,
  namedPresets,
  queues,
  uploads,
  variants,
} from './schema/index.ts'

export type { ReferenceFile } from './schema/columns.ts'

export type AttemptRow = typeof attempts.$inferSelect
export type EventRow = typeof events.$inferSelect
export type JobRow = typeof jobs.$inferSelect
export type ApiKeyRow = typeof apiKeys.$inferSelect
export type NamedPresetRow = typeof namedPresets.$inferSelect
export type QueueRow = typeof queues.$inferSelect
export type UploadRow = typeof uploads.$inferSelect
export type VariantRow = typeof variants.$inferSelect
