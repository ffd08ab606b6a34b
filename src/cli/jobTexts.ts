/** Jobs as text. */
import { type WatchedJob, writeTransformation } from '../client/index.ts'
import { formatBytes, formatNumber, formatSeconds, formatSince, NONE } from './terminal/format.ts'
import { clean, type Colors } from './terminal/output.ts'
import type { ProgressLine } from './terminal/progress.ts'

/** The transformation that has every default. */
export function nameVariant({ transformation }: Pick<WatchedJob, 'transformation'>): string {
  return writeTransformation(transformation) || '(defaults)'
}

export function describeProgress(job: WatchedJob, label: string): ProgressLine {
  const { status, progress, stage } = job
  const line = { label, percent: progress }
  switch (status) {
    case 'completed':
      return { ...line, percent: 100, stage: 'completed', outcome: 'ok' }
    case 'running':
      return { ...line, stage: stage ?? 'running', details: describeSpeed(job) }
    case 'pending':
      if (stage === 'import') {
        return { ...line, stage: 'importing', details: describeSpeed(job) }
      }
      return {
        ...line,
        stage: job.retryAt === null ? 'pending' : `will be retried: ${job.error ?? 'it failed'}`,
      }
    default:
      return {
        ...line,
        stage: status === 'error' ? `failed: ${job.error}` : status,
        outcome: 'failed',
      }
  }
}

function describeSpeed({ speed, fps, etaSeconds, chunks }: WatchedJob): string {
  return [
    chunks && `chunk ${chunks.done} of ${chunks.total}`,
    speed ? `${formatNumber(speed)}×` : fps ? `${formatNumber(fps)} fps` : null,
    etaSeconds !== null && `${formatSeconds(Math.ceil(etaSeconds))} left`,
  ]
    .filter(Boolean)
    .join(', ')
}

export function colorStatus(
  status: WatchedJob['status'],
  colors: Colors,
): (text: string) => string {
  switch (status) {
    case 'completed':
      return colors.green
    case 'running':
      return colors.cyan
    case 'pending':
      return colors.yellow
    default:
      return status === 'error' ? colors.red : colors.dim
  }
}

/** One line about a job that has ended. @param url address of the service */
export function describeEnd(job: WatchedJob, url: string, colors: Colors): string {
  const { status, startedAt, completedAt, output, outputPath } = job
  const name = `${colorStatus(status, colors)(status)}  ${nameVariant(job)}  ${job.filePath}`
  if (status !== 'completed') {
    return `${name}${job.error === null ? '' : `  ${clean(job.error)}`}  (${job.id})`
  }
  const facts = [
    output?.width && output.height ? `${output.width} × ${output.height}` : null,
    output && formatBytes(output.sizeBytes),
    startedAt && completedAt && `in ${formatSince(startedAt, completedAt)}`,
  ]
  return [name, ...facts.filter(Boolean), outputPath ? `${url}${outputPath}` : NONE].join('  ')
}
