/** The types of the tables' rows. */
import type { CHANGED_COLUMNS, SHOWN_COLUMNS, STATUS_COLUMNS } from './jobColumns.ts'
import type {
  apiKeys,
  attempts,
  events,
  imports,
  jobs,
  namedPresets,
  queues,
  rules,
  tusUploads,
  uploads,
  variantExports,
  variants,
  webhookDeliveries,
  webhookEndpoints,
} from './schema/index.ts'

export type { ReferenceFile } from './schema/columns.ts'

export type AttemptRow = typeof attempts.$inferSelect
export type EventRow = typeof events.$inferSelect
export type ExportRow = typeof variantExports.$inferSelect
export type ImportRow = typeof imports.$inferSelect
export type JobRow = typeof jobs.$inferSelect
/** What the API shows of a job. */
export type ShownJob = Pick<JobRow, keyof typeof SHOWN_COLUMNS>
export type ChangedJob = Pick<JobRow, keyof typeof CHANGED_COLUMNS>
export type JobStatusRow = Pick<JobRow, keyof typeof STATUS_COLUMNS>
export type ApiKeyRow = typeof apiKeys.$inferSelect
export type NamedPresetRow = typeof namedPresets.$inferSelect
/** A queue, without its totals, which only the metrics read. */
export type QueueRow = Omit<typeof queues.$inferSelect, 'totals'>
export type RuleRow = typeof rules.$inferSelect
export type TusUploadRow = typeof tusUploads.$inferSelect
export type UploadRow = typeof uploads.$inferSelect
export type VariantRow = typeof variants.$inferSelect
export type WebhookRow = typeof webhookEndpoints.$inferSelect
export type DeliveryRow = typeof webhookDeliveries.$inferSelect
