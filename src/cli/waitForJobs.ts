/** Waits for jobs with a bar for each, as `submit` and `watch` do. */
import type { Job, WatchedJob } from '../client/index.ts'
import type { Context } from './context.ts'
import { CliError, EXIT } from './cliError.ts'
import { describeEnd, describeProgress, nameVariant } from './jobTexts.ts'
import { plural } from './terminal/format.ts'
import type { Progress } from './terminal/progress.ts'

interface WaitOptions {
  /** Maximum time to wait in seconds. */
  maxWait?: number | undefined
  onUpdate?: (job: WatchedJob) => void
}

/**
 * Returns the jobs as they ended, in their order.
 *
 * @throws CliError if some have not ended after `maxWait`
 */
export async function waitForJobs(
  { client, signal, onInterrupt }: Context,
  jobs: readonly Job[],
  progress: Progress,
  { maxWait, onUpdate }: WaitOptions = {},
): Promise<WatchedJob[]> {
  const resume = `The jobs continue. To follow them:\n  reelqueue watch ${jobs.map(({ id }) => id).join(' ')}`
  onInterrupt(resume)
  const labels = nameJobs(jobs)
  const latest = new Map<string, WatchedJob>()
  const timeout = maxWait === undefined ? null : AbortSignal.timeout(maxWait * 1_000)
  try {
    const stop = timeout ? AbortSignal.any([signal, timeout]) : signal
    for await (const job of client.watchAll(jobs, { signal: stop })) {
      latest.set(job.id, job)
      progress.update(job.id, describeProgress(job, labels.get(job.id)!))
      onUpdate?.(job)
    }
  } catch (error) {
    if (timeout?.aborted && !signal.aborted) {
      throw new CliError(`The jobs did not end within ${maxWait} s.`, { hint: resume })
    }
    throw error
  } finally {
    progress.finish()
  }
  onInterrupt(null)
  return jobs.map(({ id }) => latest.get(id)!)
}

/** Names a job by its variant, and by its file if there are several. */
function nameJobs(jobs: readonly Job[]): Map<string, string> {
  const hasSeveralFiles = new Set(jobs.map(({ filePath }) => filePath)).size > 1
  return new Map(
    jobs.map((job) => [
      job.id,
      hasSeveralFiles ? `${nameVariant(job)}  ${job.filePath}` : nameVariant(job),
    ]),
  )
}

export function describeEnds({ settings, output }: Context, jobs: WatchedJob[]): string {
  return jobs.map((job) => describeEnd(job, settings.url, output.colors)).join('\n')
}

/** @throws CliError unless all jobs are completed */
export function requireCompletion(jobs: readonly WatchedJob[]): void {
  const failed = jobs.filter(({ status }) => status !== 'completed')
  if (failed.length > 0) {
    throw new CliError(`${failed.length} of ${plural(jobs.length, 'job')} did not complete.`, {
      exitCode: EXIT.failure,
      hint: `More about the failure: reelqueue job ${failed[0]!.id}`,
    })
  }
}
