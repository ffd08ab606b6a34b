/**
 * All tables. The triggers are in the migrations. When a job changes, they update the counters, the
 * event log, attempts, throughput and retired outputs. Comments on tables and columns say which of
 * them triggers write.
 */
export * from './apiKeys.ts'
export * from './events.ts'
export * from './exports.ts'
export * from './fileProbes.ts'
export * from './files.ts'
export * from './imports.ts'
export * from './jobs.ts'
export * from './queues.ts'
export * from './rules.ts'
export * from './variants.ts'
export * from './webhooks.ts'
