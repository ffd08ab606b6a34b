/** `reelqueue job`: everything about one job. */
import type { Command } from 'commander'
import type { Attempt, Chunk, Job } from '../../client/index.ts'
import { action, type Context } from '../context.ts'
import { colorStatus, describeProgress, nameVariant } from '../jobTexts.ts'
import { examples } from '../parsers.ts'
import { formatBytes, formatSeconds, formatSince, formatTime, NONE } from '../terminal/format.ts'
import { clean, type Colors } from '../terminal/output.ts'
import { renderFields, renderTable } from '../terminal/table.ts'

export function addJob(program: Command): void {
  program
    .command('job')
    .argument('<jobId>')
    .description('Show a job: its plan, its attempts and its chunks')
    .addHelpText('after', examples('job job_5705073b63d44f349289a17f32a08020', 'job job_… --json'))
    .action(action(showJob))
}

async function showJob(
  { client, output, settings, signal }: Context,
  jobId: string,
): Promise<void> {
  const [job, attempts, chunks] = await Promise.all([
    client.jobs.get(jobId, { signal }),
    client.jobs.attempts(jobId, { signal }),
    client.jobs.chunks(jobId, { signal }),
  ])
  output.show({ ...job, attempts, chunks }, () =>
    [
      renderJob(job, settings.url, output.colors),
      attempts.length > 0 && renderAttempts(attempts, output.colors),
      chunks.length > 0 && renderChunks(chunks, output.colors),
      job.status === 'error' && renderOutputOf(attempts, output.colors),
    ]
      .filter(Boolean)
      .join('\n\n'),
  )
}

function renderJob(job: Job, url: string, colors: Colors): string {
  const { stage, details } = describeProgress(job, '')
  return renderFields(
    [
      ['Job', job.id],
      ['Status', `${job.status}, ${job.progress} %`],
      ['Stage', job.status === 'running' ? [stage, details].filter(Boolean).join(', ') : null],
      ['File', job.filePath],
      ['Variant', nameVariant(job)],
      ['Queue', `${job.queue}, priority ${job.priority}`],
      ['Attempt', `${job.attempt} of at most ${job.maxAttempts}`],
      ['Tags', job.tags.join(', ') || null],
      ['Metadata', describeMetadata(job.metadata)],
      ['Created', formatTime(job.createdAt)],
      ['Started', job.startedAt && formatTime(job.startedAt)],
      ['Ended', job.completedAt && formatTime(job.completedAt)],
      ['Next attempt', job.retryAt && formatTime(job.retryAt)],
      ['Error', job.error && `${job.errorCode}: ${job.error}`],
      ['Input', describeMedia(job.input)],
      ['Output', describeMedia(job.output)],
      ['Plan', job.plan && `${job.plan.mode}: ${job.plan.reason}`],
      ['Video', job.plan?.video ? `${job.plan.video.action}: ${job.plan.video.reason}` : null],
      ['Audio', job.plan?.audio ? `${job.plan.audio.action}: ${job.plan.audio.reason}` : null],
      ['Result', job.outputPath && `${url}${job.outputPath}`],
    ],
    colors.dim,
  )
}

function describeMetadata(metadata: Job['metadata']): string | null {
  const entries = Object.entries(metadata).map(([key, value]) => `${key}=${value}`)
  return entries.join(', ') || null
}

function describeMedia(media: Job['input']): string | null {
  if (media === null) {
    return null
  }
  const { format, width, height, videoCodec, audioCodec, durationSeconds, sizeBytes } = media
  return [
    format.split(',')[0],
    width && height ? `${width} × ${height}` : null,
    [videoCodec, audioCodec].filter(Boolean).join(' + '),
    durationSeconds === null ? null : formatSeconds(durationSeconds),
    formatBytes(sizeBytes),
  ]
    .filter(Boolean)
    .join(', ')
}

function renderAttempts(attempts: readonly Attempt[], colors: Colors): string {
  return renderTable(
    attempts,
    [
      { title: 'Attempt', value: ({ attempt }) => String(attempt) },
      { title: 'Runner', value: ({ runner }) => runner ?? NONE },
      { title: 'Started', value: ({ startedAt }) => formatTime(startedAt) },
      { title: 'Took', value: ({ startedAt, endedAt }) => formatSince(startedAt, endedAt) },
      {
        title: 'Outcome',
        value: ({ outcome }) => outcome ?? 'running',
        style: ({ outcome }) => (outcome === 'failed' ? colors.red : String),
      },
      { title: 'Error', value: ({ error }) => error ?? '' },
    ],
    colors.bold,
  )
}

function renderChunks(chunks: readonly Chunk[], colors: Colors): string {
  return renderTable(
    chunks,
    [
      { title: 'Chunk', value: ({ index, kind }) => (kind === 'join' ? 'join' : String(index)) },
      {
        title: 'Status',
        value: ({ status }) => status,
        style: ({ status }) => (status === 'waiting' ? colors.dim : colorStatus(status, colors)),
      },
      { title: 'From', value: ({ startSeconds }) => formatSeconds(startSeconds) },
      {
        title: 'Size',
        value: ({ sizeBytes }) => (sizeBytes === null ? NONE : formatBytes(sizeBytes)),
      },
      { title: 'Runner', value: ({ runner }) => runner ?? NONE },
      { title: 'Error', value: ({ error }) => error ?? '' },
    ],
    colors.bold,
  )
}

/** The command of the latest failed attempt, and the last lines that ffmpeg wrote. */
function renderOutputOf(attempts: readonly Attempt[], colors: Colors): string {
  const { command, stderrTail } = attempts.find(({ outcome }) => outcome === 'failed') ?? {}
  return [
    command && `${colors.bold('Command')}\n${clean(command)}`,
    stderrTail && `${colors.bold('Last lines of ffmpeg')}\n${clean(stderrTail).trimEnd()}`,
  ]
    .filter(Boolean)
    .join('\n\n')
}
