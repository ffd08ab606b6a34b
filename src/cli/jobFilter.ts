/** The options that select jobs, for `jobs` and for actions on all jobs that match. */
import { type Command, Option } from 'commander'
import { type Job, JOB_STATUSES, type RequestBody } from '../client/index.ts'
import { pastTime } from './parsers.ts'

export type JobFilter = NonNullable<RequestBody<'/queue/jobs/batch', 'post'>['filter']>

export interface FilterOptions {
  status?: Job['status']
  queue?: string
  file?: string
  folder?: string
  errorCode?: NonNullable<JobFilter['errorCode']>
  tag?: string
  createdAfter?: string
  createdBefore?: string
}

export function addFilterOptions(command: Command): Command {
  return command
    .addOption(new Option('--status <status>', 'only jobs with this status').choices(JOB_STATUSES))
    .option('--queue <name>', 'only jobs of this queue')
    .option('--file <path>', 'only jobs for this stored file')
    .option('--folder <path>', 'only jobs for files in this folder')
    .option('--error-code <code>', 'only failed jobs with this code, such as input_invalid')
    .option('--tag <text>', 'only jobs with this tag')
    .option('--created-after <time>', 'only jobs from this time on, or from 30d ago on', pastTime)
    .option('--created-before <time>', 'only jobs from before this time', pastTime)
}

export function readFilter({ file, folder, ...options }: FilterOptions): JobFilter {
  const { status, queue, errorCode, tag, createdAfter, createdBefore } = options
  const fields = {
    status,
    queue,
    filePath: file,
    pathPrefix: folder,
    errorCode,
    tag,
    createdAfter,
    createdBefore,
  }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
