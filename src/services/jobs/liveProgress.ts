/**
 * Progress of running jobs, which their hubs have in memory. The database is only told now and then. That of jobs that
 * wait for an import is recorded with the import.
 */
import type { JobStatusRow } from '../../db/rows.ts'
import { describeError, logError } from '../../log.ts'
import { addImportProgress } from '../imports/importProgress.ts'
import type { JobProgress, Platform } from '../ports.ts'

/**
 * Returns the rows with the latest progress of the running jobs. One hub is asked for each queue
 * that has a running job among them. A row of a hub that does not answer stays as it is.
 */
export async function addLiveProgress<Row extends JobStatusRow>(
  platform: Pick<Platform, 'hubs' | 'db'>,
  stored: Row[],
): Promise<Row[]> {
  const rows = await addImportProgress(platform, stored)
  const ids = new Map<string, string[]>()
  for (const { id, queue, status, stage } of rows) {
    // Without a stage, no report has arrived.
    if (status === 'running' && stage !== null) {
      ids.set(queue, [...(ids.get(queue) ?? []), id])
    }
  }
  if (ids.size === 0) {
    return rows
  }
  const answers = await Promise.all(
    [...ids].map(([queue, jobIds]) =>
      platform.hubs.readProgress(queue, jobIds).catch((error: unknown) => {
        logError('hub_unreachable', { queue, error: describeError(error) })
        return []
      }),
    ),
  )
  const latest = new Map(answers.flat().map((progress) => [progress.jobId, progress]))
  return rows.map((row) => withProgress(row, latest.get(row.id)))
}

function withProgress<Row extends JobStatusRow>(row: Row, live: JobProgress | undefined): Row {
  if (live === undefined || live.fence !== row.fence || live.progress < row.progress) {
    return row
  }
  const { progress, stage, etaSeconds, fps, speed } = live
  return { ...row, progress, stage, etaSeconds, fps, speed }
}
