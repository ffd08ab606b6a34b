/** Runners that speak the protocol with a running service, and sleep instead of running ffmpeg. */
import { mkdtemp, writeFile } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createGatewayClient } from '../../container/gateway/gatewayClient.ts'
import { uploadOutput } from '../../container/gateway/uploadOutput.ts'
import {
  type Assignment,
  type Finish,
  PROTOCOL_VERSION,
} from '../../src/contract/runnerProtocol.ts'
import { API_KEY, type Service } from './service.ts'
import { putFile } from './jobs.ts'

interface Simulation {
  runners: number
  /** Chunks of video of one job. */
  chunks: number
  /** How long a runner sleeps for each. */
  chunkMs: number
}

const REPORT_MS = 1_000
const VERSION = '1-0123456789abcdef'
const SECONDS = 30
const OUTPUT = {
  format: 'mp4',
  durationSeconds: 60,
  sizeBytes: 1,
  videoCodec: 'h264',
  audioCodec: null,
  width: 64,
  height: 64,
  frameRate: 25,
}
const RECORD = { stderrTail: '', command: 'sleep', timings: {} }

/** Makes one job of many chunks. Returns the seconds from its creation to its end. */
export async function simulateRunners(service: Service, simulation: Simulation): Promise<number> {
  const { client, stateDir } = service
  const folder = await mkdtemp(join(stateDir, 'simulated-'))
  const file = join(folder, 'film.mp4')
  // The first bytes make it an MP4 file for the check of its content.
  await writeFile(file, Buffer.concat([Buffer.from('\0\0\0\x18ftypisom'), Buffer.alloc(988)]))
  await putFile(service, 'film.mp4', file)
  await client.request('/queues/default', {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${API_KEY}` },
    body: JSON.stringify({ concurrency: 1_000, maxChunksAtOnce: 1_000 }),
  })
  const ended = new AbortController()
  const runners = Array.from({ length: simulation.runners }, (_, index) =>
    runSimulated(service, { ...simulation, id: `simulated-${index}`, file, ended: ended.signal }),
  )
  // Runners that wait for work, as in a service that is used.
  await delay(REPORT_MS)
  const [job] = await client.createJobs('film.mp4', ['w_64'])
  for (;;) {
    const { status, error, createdAt, completedAt } = await client.job(job!.id)
    if (status === 'error') {
      throw new Error(`the job failed: ${error}`)
    }
    if (status === 'completed') {
      ended.abort()
      await Promise.all(runners)
      return (Date.parse(completedAt!) - Date.parse(createdAt)) / 1_000
    }
    await delay(REPORT_MS)
  }
}

interface Simulated extends Simulation {
  id: string
  file: string
  ended: AbortSignal
}

async function runSimulated({ url, stateDir }: Service, options: Simulated): Promise<void> {
  const secrets = readFileSync(join(stateDir, 'secrets.env'), 'utf8')
  const token = /RUNNER_TOKEN=(.*)/.exec(secrets)![1]!
  const client = createGatewayClient({ gatewayUrl: url, token })
  const versions = { chunkVersion: VERSION, probeVersion: VERSION }
  const runner = { id: options.id, encoders: ['libx264', 'aac'], ...versions }
  while (!options.ended.aborted) {
    const request = { protocol: PROTOCOL_VERSION, runner, queues: ['default'], waitSeconds: 8 }
    const assignment = await client.claim(request, options.ended).catch(() => null)
    if (assignment !== null) {
      const finish = await work(client, assignment, options)
      await client.finish(assignment, finish, AbortSignal.timeout(60_000))
    }
  }
}

async function work(
  client: ReturnType<typeof createGatewayClient>,
  assignment: Assignment,
  { chunks, chunkMs, file }: Simulated,
): Promise<Finish> {
  const { fence, chunk } = assignment
  const start = { fence, ...RECORD }
  if (chunk === undefined) {
    return {
      ...start,
      outcome: 'split',
      planKey: 'a'.repeat(64),
      seconds: chunks * SECONDS,
      probe: { version: VERSION, results: {} },
      chunks: [
        ...Array.from({ length: chunks }, (_, index) => ({
          kind: 'video' as const,
          startSeconds: index * SECONDS,
          endSeconds: index === chunks - 1 ? null : (index + 1) * SECONDS,
          frames: null,
        })),
        { kind: 'join', startSeconds: 0, endSeconds: null, frames: null },
      ],
    }
  }
  const signal = AbortSignal.timeout(600_000)
  const state = { stage: 'encode' as const, etaSeconds: null, fps: null, speed: 1, playable: false }
  for (let ms = 0; chunk.kind === 'video' && ms < chunkMs; ms += REPORT_MS) {
    const report = { ...state, progress: (100 * ms) / chunkMs }
    await Promise.all([
      client.report(assignment, report, { timeoutMs: 5_000, signal }),
      delay(Math.min(REPORT_MS, chunkMs - ms)),
    ])
  }
  const request = { ...state, progress: 99, sizeBytes: 1_000 }
  const uploaded = await uploadOutput({
    client,
    lease: assignment,
    file,
    request,
    signal,
    onProgress: () => {},
  })
  const facts = {
    sizeBytes: 1_000,
    frames: 1,
    samples: null,
    timescale: 1,
    startTicks: 0,
    endTicks: 1,
    decoderConfig: 'b'.repeat(64),
  }
  const isVideo = chunk.kind === 'video'
  return {
    ...start,
    ...uploaded,
    outcome: 'completed',
    output: OUTPUT,
    ...(isVideo && { chunk: facts }),
  }
}
