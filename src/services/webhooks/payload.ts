/** The body of a message. */
import { toWebhookType, type PayloadJob, type WebhookPayload } from '../../contract/webhook.ts'
import type { ShownJob } from '../../db/rows.ts'
import type { WantedEvent } from '../../db/webhookDispatch.ts'
import { serializeJob, toIsoTime } from '../serializers.ts'

/** The Standard Webhooks specification recommends less than 20 kB. */
export const MAX_BODY_BYTES = 20_000
/** What is left of an error that is too long: enough to say what is wrong. */
const MAX_ERROR_CHARACTERS = 2_000

export type PayloadEvent = Omit<WantedEvent, 'endpointId' | 'url'>

/** Status of a job after an event whose type does not end in the status. */
const STATUS_AFTER: Record<string, string> = {
  'job:created': 'pending',
  'job:started': 'running',
  'job:playable': 'running',
  'job:retrying': 'pending',
}

/** The header `webhook-id` of an event. It is the same over all attempts and replays. */
export function writeMessageId(seq: number): string {
  return `evt_${seq}`
}

/** Writes the body of an event. @param job the job as it is now; undefined if it was deleted */
export function writeBody(event: PayloadEvent, job: ShownJob | undefined): string {
  const write = (data: Omit<WebhookPayload['data'], 'sequence'>) => {
    const payload: WebhookPayload = {
      type: toWebhookType(event.type),
      timestamp: toIsoTime(event.createdAt),
      data: { sequence: event.seq, ...data },
    }
    return JSON.stringify(payload)
  }
  if (event.jobId === '') {
    return write(JSON.parse(event.error ?? '{}') as { webhookId: string; reason: string })
  }
  const data = {
    jobId: event.jobId,
    queue: event.queue,
    filePath: event.filePath,
    ...readOutcome(event),
  }
  const shown = job === undefined ? null : serializePayloadJob(job)
  const body = write({ ...data, job: shown })
  if (shown === null || new TextEncoder().encode(body).length < MAX_BODY_BYTES) {
    return body
  }
  return write({ ...data, job: { ...shown, input: null, output: null }, truncated: true })
}

/** The status after an event, and its error. A changed priority leaves the job as it is. */
function readOutcome({ type, error }: PayloadEvent): { status: string; error?: string } {
  if (type === 'job:prioritized') {
    const { status } = JSON.parse(error ?? '{}') as { status: string }
    return { status }
  }
  return {
    status: STATUS_AFTER[type] ?? type.slice('job:'.length),
    ...(error !== null && { error: error.slice(0, MAX_ERROR_CHARACTERS) }),
  }
}

function serializePayloadJob(row: ShownJob): PayloadJob {
  const { plan: _plan, etaSeconds: _eta, fps: _fps, speed: _speed, ...job } = serializeJob(row)
  return { ...job, error: job.error?.slice(0, MAX_ERROR_CHARACTERS) ?? null }
}
