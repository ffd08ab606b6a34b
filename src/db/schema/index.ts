/**
 * All tables. The triggers are in the migrations. They do everything that follows from a change of a job:
 * counters, the event log, attempts, throughput and retired outputs. The comment of each table says which
 * of its rows and columns triggers write.
 */
export * from './apiKeys.ts'
export * from './events.ts'
export * from './files.ts'
export * from './jobs.ts'
export * from './queues.ts'
export * from './variants.ts'
