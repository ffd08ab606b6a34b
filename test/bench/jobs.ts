/** Jobs of a running service, and the ffmpeg commands to which they are compared. */
import { mkdtemp, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from '../../scripts/client.ts'
import { readProcFile } from '../system/fixtures/processes.ts'
import { measureMs } from './rounds.ts'
import { API_KEY } from './service.ts'
import { execute } from './execute.ts'

/**
 * A request takes some 10 ms of processor time, which the encodes could have. Jobs state their times,
 * which do not depend on this.
 */
const POLL_MS = 5_000
/** To look at all processes takes as much as a few requests, and an encode lasts for seconds. */
const PROCESS_POLL_MS = 250

/** Stores a file as an original. curl sends it without reading all of it into memory. */
export async function putFile({ url }: { url: string }, path: string, file: string) {
  const key = `Authorization: Bearer ${API_KEY}`
  await execute('curl', ['-sSf', '-T', file, '-H', key, '-o', '/dev/null', `${url}/files/${path}`])
}

/**
 * Queues the variants of a file and waits until all are completed. Returns the seconds from the
 * creation of the jobs to the end of the last one.
 */
export async function runJobs(
  client: Client,
  filePaths: string[],
  transformation: string,
  limits: Record<string, number> = {},
): Promise<number> {
  const created = await Promise.all(
    filePaths.map((path) => client.createJobs(path, [transformation], limits)),
  )
  const ends: number[] = []
  for (const { id, filePath } of created.flat()) {
    ends.push(Date.parse((await waitForEnd(client, id, filePath)).completedAt!))
  }
  const begins = created.flat().map(({ createdAt }) => Date.parse(createdAt))
  return (Math.max(...ends) - Math.min(...begins)) / 1_000
}

/** Waits until a job is completed. @throws if it ends otherwise */
export async function waitForEnd(
  client: Client,
  jobId: string,
  filePath: string,
  pollMs = POLL_MS,
) {
  for (;;) {
    const job = await client.job(jobId)
    if (job.status === 'completed') {
      return job
    }
    if (job.status !== 'pending' && job.status !== 'running') {
      throw new Error(`${filePath}: the job is ${job.status}: ${job.error}`)
    }
    await delay(pollMs)
  }
}

const MAX_ENCODE_START_MS = 30_000

/**
 * Waits until ffmpeg encodes in one of the service's processes, and returns its arguments.
 *
 * @param service its processes are looked at
 */
export async function findEncodeArguments(service: {
  processes: () => { pid: number }[]
}): Promise<string[]> {
  const deadline = performance.now() + MAX_ENCODE_START_MS
  while (performance.now() < deadline) {
    for (const { pid } of service.processes()) {
      const [program, ...list] = readProcFile(pid, 'cmdline').split('\0').slice(0, -1)
      if (basename(program ?? '') === 'ffmpeg' && list.includes('libx264')) {
        return list
      }
    }
    await delay(PROCESS_POLL_MS)
  }
  throw new Error(`No encode began within ${MAX_ENCODE_START_MS / 1_000} s.`)
}

/**
 * Runs the ffmpeg command of a job with a local file as its source. The output is deleted.
 *
 * @param core number of the only core to use; default: all
 * @returns the seconds that it took
 */
export async function runBareCommand(list: string[], file: string, core?: number): Promise<number> {
  const folder = await mkdtemp(join(dirname(file), 'bare-'))
  const local = useLocalFile(list, file).with(-1, join(folder, basename(list.at(-1)!)))
  const options = { cwd: folder, maxBuffer: 64 * 1024 ** 2 }
  const pinned = core === undefined ? [] : ['taskset', '--cpu-list', String(core)]
  const [program, ...args] = [...pinned, 'ffmpeg', ...local] as [string, ...string[]]
  const ms = await measureMs(() => execute(program, args, options))
  await rm(folder, { recursive: true })
  return ms / 1_000
}

/** Options of the sockets from which ffmpeg reads a source. */
const SOCKET_OPTIONS = ['-recv_buffer_size', '-tcp_mss']

function useLocalFile(list: string[], file: string): string[] {
  return list
    .filter(
      (word, index) => ![word, list[index - 1] ?? ''].some((each) => SOCKET_OPTIONS.includes(each)),
    )
    .map((word) => (word === 'http,tcp' ? 'file' : word.startsWith('http://') ? file : word))
}
