/** `reelqueue submit`: makes variants of files, and waits for them. */
import type { Command } from 'commander'
import type { CreatedJob, CreateJobs, WatchedJob } from '../../client/index.ts'
import { action, type Context } from '../context.ts'
import { usageError } from '../cliError.ts'
import { createFolder, download } from '../download.ts'
import { nameVariant } from '../jobTexts.ts'
import { collect, destination, entry, examples, header, integer } from '../parsers.ts'
import { createProgress, type Progress } from '../terminal/progress.ts'
import { chooseTargets, isFile, isUrl, uploadFile } from '../uploads.ts'
import { describeEnds, requireCompletion, waitForJobs } from '../waitForJobs.ts'

interface Options extends Omit<CreateJobs, 'filePath' | 'source' | 'transformations' | 'tags'> {
  transform?: string[]
  tag?: string[]
  to?: string
  header?: Record<string, string>
  stored?: boolean
  wait: boolean
  maxWait?: number
  download?: string
}

export function addSubmit(program: Command): void {
  program
    .command('submit')
    .argument(
      '<files...>',
      'files of this machine, which are uploaded; paths of stored files; or URLs (https://…), which the service imports',
    )
    .description('Make variants of files, and wait until they are ready')
    .option(
      '-t, --transform <text>',
      'a transformation, such as w_640,q_60; repeat it for more',
      collect,
    )
    .option('--to <path>', 'storage path for an upload or import; a folder if it ends in a slash')
    .option(
      '--header <name: value>',
      'a request header for imports, such as Authorization; repeat it for more',
      header,
    )
    .option('--stored', 'the files are stored already: upload nothing')
    .option('--queue <name>', 'queue of the jobs')
    .option('--tag <text>', 'a tag of the jobs; repeat it for more', collect)
    .option('--metadata <key=value>', 'a text to keep with the jobs; repeat it for more', entry)
    .option('--priority <number>', 'jobs with lower numbers run first (0 to 100)', integer())
    .option('--max-attempts <number>', 'maximum number of attempts', integer())
    .option('--timeout-seconds <seconds>', 'maximum duration of an attempt', integer())
    .option('--stall-seconds <seconds>', 'maximum time without progress', integer())
    .option(
      '--chunk-seconds <seconds>',
      'duration of the chunks of a long encode; 0: one piece',
      integer(),
    )
    .option('--max-chunks-at-once <number>', 'maximum number of chunks at the same time', integer())
    .option(
      '--destination <credential[:prefix]>',
      'also store the variants in a bucket, under keys that begin with the prefix',
      destination,
    )
    .option('--no-wait', 'return when the jobs are created')
    .option(
      '--max-wait <seconds>',
      'stop waiting after this time; the jobs continue',
      integer({ min: 1 }),
    )
    .option('--download <folder>', 'download the variants into this folder')
    .addHelpText(
      'after',
      examples(
        'submit clip.mp4 -t w_640',
        'submit clip.mp4 -t w_1280 -t f_webm,w_640 -t t_true --to videos/ --download out',
        'submit videos/clip.mp4 -t f_hls --stored --no-wait',
        'submit https://example.com/clip.mp4 --to videos/ -t w_640',
        'submit clip.mp4 -t w_640 --tag import --metadata customer=42',
        'submit clip.mp4 -t w_640 --destination archive:renders/',
        'submit *.mov -t w_640 --json > jobs.json',
      ),
    )
    .action(action(submit))
}

async function submit(context: Context, files: string[], options: Options): Promise<void> {
  const { output } = context
  const { wait, maxWait, download: folder } = options
  if (!wait && (folder !== undefined || maxWait !== undefined)) {
    throw usageError('--download and --max-wait need to wait: remove --no-wait.')
  }
  const progress = createProgress(output)
  const sources = await storeFiles(context, files, options, progress)
  const jobs: CreatedJob[] = []
  for (const source of sources) {
    jobs.push(...(await createJobs(context, source, options)))
  }
  if (!wait) {
    output.show(jobs, () =>
      jobs.map((job) => `${job.id}  ${nameVariant(job)}  ${job.filePath}`).join('\n'),
    )
    return
  }
  if (folder !== undefined) {
    createFolder(folder)
  }
  const ended = await waitForJobs(context, jobs, progress, { maxWait })
  const paths = folder === undefined ? null : await downloadAll(context, ended, folder)
  output.show(
    ended.map((job) => (paths ? { ...job, downloadedTo: paths.get(job.id) ?? null } : job)),
    () => describeEnds(context, ended),
  )
  requireCompletion(ended)
}

type JobSource = Pick<CreateJobs, 'filePath' | 'source'>

/** Uploads the files of this machine. Returns the storage paths of all, and the URLs to import. */
async function storeFiles(
  context: Context,
  files: string[],
  { stored: areStored, to, header: headers }: Options,
  progress: Progress,
): Promise<JobSource[]> {
  const local = areStored ? [] : files.filter((file) => isUrl(file) || isFile(file))
  if (local.length === 0 && to !== undefined) {
    throw usageError(
      `--to is for uploads and imports, but ${files.join(', ')} is neither a file of this machine nor a URL.`,
    )
  }
  if (headers && !local.some(isUrl)) {
    throw usageError('--header is for imports: name a URL (https://…).')
  }
  const targets = new Map(chooseTargets(local, to).map((target) => [target.file, target]))
  const sources = new Map<string, JobSource>()
  for (const file of files) {
    const target = targets.get(file)
    const filePath = target?.filePath ?? file
    if (target && isUrl(file)) {
      sources.set(filePath, { source: { url: file, filePath, ...(headers && { headers }) } })
      continue
    }
    if (target) {
      await uploadFile(context, target, progress)
    }
    sources.set(filePath, { filePath })
  }
  progress.finish()
  return [...sources.values()]
}

async function createJobs({ client, signal }: Context, source: JobSource, options: Options) {
  const { queue, priority, maxAttempts, timeoutSeconds, stallSeconds, transform } = options
  const { chunkSeconds, maxChunksAtOnce, destination: place, tag: tags, metadata } = options
  const fields = {
    queue,
    priority,
    maxAttempts,
    timeoutSeconds,
    stallSeconds,
    chunkSeconds,
    maxChunksAtOnce,
    destination: place,
    tags,
    metadata,
  }
  const set = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  return client.jobs.create(
    { ...source, ...set, ...(transform && { transformations: transform }) },
    { signal },
  )
}

/** Returns the path of each file by the id of its job. */
async function downloadAll(context: Context, jobs: WatchedJob[], folder: string) {
  const paths = new Map<string, string>()
  for (const job of jobs) {
    if (job.status === 'completed') {
      const path = await download(context, job, folder)
      context.output.note(
        path === null
          ? `${nameVariant(job)} has several files, and is not downloaded.`
          : `Downloaded ${path}`,
      )
      if (path !== null) {
        paths.set(job.id, path)
      }
    }
  }
  return paths
}
