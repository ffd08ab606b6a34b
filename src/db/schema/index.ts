/**
 * All tables. The migrations contain the triggers, which keep everything that follows from a change of
 * a job consistent: counters, the event log, attempts, throughput and retired outputs. Each table says
 * which of its rows and columns triggers write.
 */
export * from './apiKeys.ts'
export * from './events.ts'
export * from './files.ts'
export * from './jobs.ts'
export * from './queues.ts'
export * from './variants.ts'
