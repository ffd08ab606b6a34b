/**
 * A job that copies the tracks of a file of about 1 GB, beside curl, which moves the same bytes through
 * the gateway: it reads all ranges of the source, and stores all parts of an output, one after another.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PROTOCOL_VERSION, RUNNER_SECRET_HEADER } from '../../../src/contract/runnerProtocol.ts'
import type { BenchContext } from '../context.ts'
import { execute } from '../execute.ts'
import { putFile, runJobs } from '../jobs.ts'
import type { Measurement } from '../report.ts'
import { measureMs } from '../rounds.ts'
import { startService } from '../service.ts'

const SOURCE_BYTES = 1.08e9
const RANGE_BYTES = 4 * 1024 ** 2
/** Copies the tracks of the clip. */
const REMUX = 'q_100,f_mkv'
const REPORT_INTERVAL_MS = 5_000

export async function run({ folder, log }: BenchContext): Promise<Measurement[]> {
  const source = await makeSource(folder)
  const { size } = await stat(source)
  const megabytes = size / 1e6

  const service = await startService({ stateDir: join(folder, 'state'), runners: 1 })
  const paths = ['videos/first.mp4']
  const jobSeconds: number[] = []
  for (const path of paths) {
    await putFile(service, path, source)
    jobSeconds.push(await runJobs(service.client, [path], REMUX))
    log(`job of ${megabytes.toFixed(0)} MB: ${jobSeconds.at(-1)!.toFixed(1)} s`)
  }
  await service.stop()

  const { reads, uploads } = await moveWithCurl(folder, { source, size, rounds: paths.length }, log)
  return [
    {
      name: `copy of the tracks of ${(megabytes / 1e3).toFixed(2)} GB`,
      unit: 's',
      values: jobSeconds,
      floor: { name: 'curl: all ranges, all parts', values: reads.map((s, i) => s + uploads[i]!) },
      goal: 'at most 1.5 x',
    },
    { name: 'curl reads all ranges', unit: 'MB/s', values: reads.map((s) => megabytes / s) },
    { name: 'curl stores all parts', unit: 'MB/s', values: uploads.map((s) => megabytes / s) },
  ]
}

/** The clip has a bit rate at which its video is copied; that of `makeClip` is too high. */
async function makeSource(folder: string): Promise<string> {
  const clip = join(folder, 'clip.mp4')
  const inputs = [
    '-f',
    'lavfi',
    '-i',
    'testsrc2=s=1280x720:r=30:d=10',
    '-f',
    'lavfi',
    '-i',
    'sine=d=10',
  ]
  const noise = ['-vf', 'noise=alls=20:allf=t', '-pix_fmt', 'yuv420p', '-c:a', 'aac']
  const rate = ['-b:v', '4M', '-maxrate', '4M', '-bufsize', '4M', '-g', '60']
  const encoder = ['-c:v', 'libx264', '-preset', 'ultrafast', ...rate]
  await execute('ffmpeg', ['-v', 'error', '-y', ...inputs, ...noise, ...encoder, clip])
  const source = join(folder, 'source.mp4')
  const repeats = Math.round(SOURCE_BYTES / (await stat(clip)).size) - 1
  const loop = ['-stream_loop', `${repeats}`, '-i', clip, '-c', 'copy', '-movflags', '+faststart']
  await execute('ffmpeg', ['-v', 'error', '-y', ...loop, source])
  return source
}

/** Claims a job as a runner would, and moves the bytes of its source and of its output. */
async function moveWithCurl(
  folder: string,
  { source, size, rounds }: { source: string; size: number; rounds: number },
  log: BenchContext['log'],
) {
  const service = await startService({ stateDir: join(folder, 'curl') })
  const secrets = readFileSync(join(service.stateDir, 'secrets.env'), 'utf8')
  const headers = {
    Authorization: `Bearer ${/RUNNER_TOKEN=(.*)/.exec(secrets)?.[1]}`,
    [RUNNER_SECRET_HEADER]: randomBytes(16).toString('base64url'),
  }
  const send = async <T>(path: string, message: object): Promise<T> => {
    const response = await fetch(`${service.url}/runner/${path}`, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: JSON.stringify(message),
    })
    if (!response.ok) {
      throw new Error(`${path}: ${response.status} ${await response.text()}`)
    }
    return (await response.json()) as T
  }
  await putFile(service, 'videos/a.mp4', source)
  await service.client.createJobs('videos/a.mp4', [REMUX])
  const claim = {
    protocol: PROTOCOL_VERSION,
    runner: { id: 'curl' },
    queues: ['default'],
    waitSeconds: 0,
  }
  const { jobId, fence } = await send<{ jobId: string; fence: number }>('claim', claim)
  const report = { fence, progress: 1, stage: 'upload', etaSeconds: null }
  const reports = setInterval(() => void send(`jobs/${jobId}/report`, report), REPORT_INTERVAL_MS)
  const at = (what: string) => `${service.url}/runner/jobs/${jobId}/${what}`
  const transfers = { reads: [] as number[], uploads: [] as number[] }
  for (let round = 0; round < rounds; round++) {
    const ranges = listRanges(size, RANGE_BYTES).map(([start, end]) => [
      `url = "${at(`source?fence=${fence}`)}"`,
      `range = "${start}-${end - 1}"`,
    ])
    transfers.reads.push((await measureMs(() => runCurl(folder, headers, ranges))) / 1_000)
    const { uploadId, partSizeBytes } = await send<{ uploadId: string; partSizeBytes: number }>(
      `jobs/${jobId}/output`,
      { ...report, sizeBytes: size },
    )
    const parts = join(folder, 'parts')
    await mkdir(parts)
    await execute('split', [
      '-b',
      `${partSizeBytes}`,
      '-d',
      '-a',
      '5',
      source,
      join(parts, 'part-'),
    ])
    const query = new URLSearchParams({ fence: `${fence}`, uploadId })
    const uploads = (await readdir(parts))
      .toSorted()
      .map((name, index) => [
        `url = "${at(`output/${index + 1}?${query}`)}"`,
        `upload-file = "${join(parts, name)}"`,
      ])
    transfers.uploads.push((await measureMs(() => runCurl(folder, headers, uploads))) / 1_000)
    await rm(parts, { recursive: true })
    log(
      `curl: ${transfers.reads.at(-1)!.toFixed(1)} s and ${transfers.uploads.at(-1)!.toFixed(1)} s`,
    )
  }
  clearInterval(reports)
  await service.stop()
  return transfers
}

function listRanges(size: number, bytes: number): [number, number][] {
  return Array.from({ length: Math.ceil(size / bytes) }, (_, index) => [
    index * bytes,
    Math.min(size, (index + 1) * bytes),
  ])
}

/** Sends requests one after another, with one connection. Each is a list of options of curl. */
async function runCurl(
  folder: string,
  headers: Record<string, string>,
  requests: string[][],
): Promise<void> {
  const common = [
    ...Object.entries(headers).map(([name, value]) => `header = "${name}: ${value}"`),
    // Without it, curl waits for a response before it sends a body.
    'header = "Expect:"',
    'output = "/dev/null"',
  ]
  const config = join(folder, 'curl.config')
  const lines = requests.map((options) => ['silent', 'show-error', 'fail', ...common, ...options])
  await writeFile(config, lines.map((each) => each.join('\n')).join('\nnext\n'))
  const child = spawn('curl', ['--config', config], { stdio: ['ignore', 'ignore', 'inherit'] })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) {
    throw new Error(`curl exited with ${code}`)
  }
}
