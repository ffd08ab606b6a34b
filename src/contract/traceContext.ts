/**
 * Trace context of W3C (https://www.w3.org/TR/trace-context/). The trace of a job is the hexadecimal
 * part of its id, so all parts know it without a message; each claim is a span of it. Fields of log
 * lines have the names that OpenTelemetry gives them.
 */
import { z } from 'zod'

const PATTERN = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/

export const traceparent = z.string().regex(PATTERN)

export interface TraceFields {
  trace_id?: string
  span_id?: string
}

/** @param jobId that of the whole job, also for a chunk */
export function findTrace(jobId: string): TraceFields {
  const [, traceId] = /^job_([0-9a-f]{32})$/.exec(jobId) ?? []
  return traceId === undefined ? {} : { trace_id: traceId }
}

/**
 * Returns the trace context of a claim; undefined for an id that names no trace.
 *
 * @param spanId 16 hexadecimal digits
 */
export function writeTraceparent(jobId: string, spanId: string): string | undefined {
  const { trace_id: traceId } = findTrace(jobId)
  return traceId && `00-${traceId}-${spanId}-01`
}

/** Returns the fields of log lines; none if it is missing or not valid. */
export function readTraceparent(text: string | undefined): TraceFields {
  const [, traceId, spanId] = PATTERN.exec(text ?? '') ?? []
  return traceId === undefined ? {} : { trace_id: traceId, span_id: spanId! }
}
