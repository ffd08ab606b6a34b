/** The metrics that `GET /metrics` serves. Names follow the naming rules of Prometheus. */

interface Metric {
  type: 'counter' | 'gauge'
  help: string
  labels: readonly string[]
}

export const METRICS = {
  reelqueue_jobs: {
    type: 'gauge',
    help: 'Stored jobs by status.',
    labels: ['queue', 'status'],
  },
  reelqueue_chunks: {
    type: 'gauge',
    help: 'Chunks of split jobs that are pending or running.',
    labels: ['queue', 'status'],
  },
  reelqueue_active_runners: {
    type: 'gauge',
    help: 'Attempts that runners are making, of jobs and of chunks.',
    labels: ['queue'],
  },
  reelqueue_oldest_pending_job_age_seconds: {
    type: 'gauge',
    help: 'Time since the creation of the oldest pending job; 0 without one.',
    labels: ['queue'],
  },
  reelqueue_claims_total: {
    type: 'counter',
    help: 'Claims of jobs and chunks by runners.',
    labels: ['queue'],
  },
  reelqueue_jobs_ended_total: {
    type: 'counter',
    help: 'Jobs that reached a final status. A job that is retried by hand counts again.',
    labels: ['queue', 'status'],
  },
  reelqueue_attempt_failures_total: {
    type: 'counter',
    help: 'Failed attempts of jobs and chunks by failure code, also those that were retried.',
    labels: ['queue', 'code'],
  },
  reelqueue_media_seconds_total: {
    type: 'counter',
    help: 'Duration of the outputs of completed jobs.',
    labels: ['queue'],
  },
  reelqueue_processing_seconds_total: {
    type: 'counter',
    help: 'Time of the attempts that completed or finally failed a job.',
    labels: ['queue'],
  },
  reelqueue_stage_seconds_total: {
    type: 'counter',
    help: 'Time that attempts of jobs and chunks spent in each stage.',
    labels: ['queue', 'stage'],
  },
  reelqueue_event_streams: {
    type: 'gauge',
    help: 'Open event streams of each queue; the label * counts those that follow all queues.',
    labels: ['queue'],
  },
  reelqueue_webhook_attempts_total: {
    type: 'counter',
    help: 'Attempts to deliver an event to a webhook endpoint, by result: delivered or failed.',
    labels: ['webhook', 'result'],
  },
  reelqueue_webhook_failing_seconds: {
    type: 'gauge',
    help: 'Time since a webhook endpoint began to accept nothing; 0 if it accepts messages.',
    labels: ['webhook'],
  },
  reelqueue_webhook_disabled: {
    type: 'gauge',
    help: '1 if a webhook endpoint is disabled, otherwise 0.',
    labels: ['webhook'],
  },
  reelqueue_stored_files: {
    type: 'gauge',
    help: 'Stored files by kind: original or variant.',
    labels: ['kind'],
  },
  reelqueue_stored_bytes: {
    type: 'gauge',
    help: 'Size of the stored files by kind: original or variant.',
    labels: ['kind'],
  },
  reelqueue_database_size_bytes: {
    type: 'gauge',
    help: 'Size of the database (D1).',
    labels: [],
  },
  reelqueue_database_limit_bytes: {
    type: 'gauge',
    help: 'Maximum size of the database (D1).',
    labels: [],
  },
} as const satisfies Record<string, Metric>

export type MetricName = keyof typeof METRICS

/** What `GET /metrics` adds on request, because it costs more: `streams`, which only the hubs count. */
export const METRIC_GROUPS = ['streams'] as const

export interface Sample {
  labels: Record<string, string>
  value: number
}
export type Samples = Partial<Record<MetricName, Sample[]>>
