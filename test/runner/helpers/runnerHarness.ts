/**
 * Set-up of the tests with a real ffmpeg: a fake gateway, a scratch folder for each test, and the
 * claim loop of the runner. The runner runs in this process, except in process.test.ts and
 * hostile-corpus.test.ts.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, inject } from 'vitest'
import { createKnownProbes } from '../../../container/attempt/knownProbes.ts'
import { availableMemoryBytes } from '../../../container/capabilities.ts'
import { createGatewayClient } from '../../../container/gateway/gatewayClient.ts'
import { createLog } from '../../../container/log.ts'
import { runClaimLoop, type LoopEndReason } from '../../../container/claimLoop.ts'
import { createShutdown } from '../../../container/shutdown.ts'
import { readSettings } from '../../../container/settings.ts'
import { createSharedBlocks } from '../../../container/source/sharedBlocks.ts'
import { runAssignment } from '../../../container/runAssignment.ts'
import type { Assignment, Finish, Report } from '../../../src/contract/runnerProtocol.ts'
import { startGateway, type Gateway } from './fakeGateway.ts'
import { saveOutput, type OfferedJob } from './offeredJob.ts'
import { video } from '../../fixtures/renditions.ts'
import { args } from '../../fixtures/args.ts'

const execute = promisify(execFile)

const PROBE_VERSION = '1-0000000000000000'

export const harness = { gateway: null as unknown as Gateway, scratch: '', logs: [] as string[] }

/** Returns the path of a clip, which `clips/clips.setup.ts` makes. */
export function clip(name: string): string {
  return join(inject('clips'), name)
}

/**
 * Call it at the top of a test file. After each test it checks that the messages of the runner were
 * valid, and that no scratch folder and no ffmpeg process is left.
 */
export function useRunnerHarness() {
  beforeEach(async () => {
    harness.gateway = await startGateway()
    harness.scratch = await mkdtemp(join(tmpdir(), 'runner-test-'))
    harness.logs = []
  })
  afterEach(async () => {
    await harness.gateway.close()
    const folders = await readdir(harness.scratch).then((all) =>
      all.filter((name) => name.startsWith('reelqueue-')),
    )
    const processes = await ffmpegProcesses()
    await rm(harness.scratch, { recursive: true })
    expect(harness.gateway.violations).toEqual([])
    expect({ folders, processes }).toEqual({ folders: [], processes: [] })
  })
}

/**
 * Runs the claim loop until the gateway has no more jobs, or rejects the runner.
 *
 * @param env replaces or adds settings
 */
export function runUntilIdle(
  env: Record<string, string> = {},
  shutdown = createShutdown(0),
): Promise<LoopEndReason> {
  const settings = readSettings({
    GATEWAY_URL: harness.gateway.url,
    RUNNER_TOKEN: harness.gateway.token,
    RUNNER_NAME: 'test-runner',
    IDLE_SECONDS: '0',
    SCRATCH_DIR: harness.scratch,
    ...env,
  })
  const client = createGatewayClient(settings)
  const log = createLog((line) => harness.logs.push(line))
  const capabilities = { cpus: 2, memoryBytes: 2e9, probeVersion: PROBE_VERSION }
  const probes = createKnownProbes(PROBE_VERSION)
  const sharedBlocks = createSharedBlocks(availableMemoryBytes(settings))
  const shared = { client, settings, capabilities, log, probes, sharedBlocks }
  return runClaimLoop({
    ...shared,
    shutdown: shutdown.begun,
    smallJobs: settings.smallJobs ?? 1,
    runAssignment: (assignment, calls) =>
      runAssignment(assignment, { ...shared, ...calls, shutdown }),
  })
}

/**
 * Offers a job whose source stops sending bytes after a third of the file, so that its encode stays
 * active until the test or one of its limits ends it. `reached` resolves when the encode waits for
 * those bytes.
 */
export async function offerHeldJob(more: Partial<Assignment> = {}) {
  const { gateway } = harness
  gateway.sourceFault = (start) => (start > 45e6 && start < 130e6 ? 'hold' : null)
  const job = await gateway.offer(clip('big.mov'), video({ width: 160 }), more)
  const held = gateway.next<{ sourceFault: string | null }>(
    'source',
    ({ sourceFault }) => sourceFault === 'hold',
  )
  const encoding = gateway.next<Report>('report', ({ stage }) => stage === 'encode')
  return { job, reached: Promise.all([held, encoding]) }
}

/**
 * Offers one job, runs the claim loop, and returns the job with its finish request.
 *
 * @param references local files, by the storage paths that the rendition names
 */
export async function runJob(
  name: string,
  rendition: Assignment['rendition'],
  more: Partial<Assignment> = {},
  env: Record<string, string> = {},
  references: Record<string, string> = {},
): Promise<{ job: OfferedJob; finish: Finish }> {
  const job = await harness.gateway.offer(clip(name), rendition, more, references)
  await runUntilIdle(env)
  const [finish] = job.finishes
  if (finish === undefined) {
    throw new Error(`nothing finished: ${harness.logs.join('')}`)
  }
  return { job, finish }
}

/** Saves the output of a job, and probes it with ffprobe. */
export async function probeOutput(job: OfferedJob) {
  const path = join(harness.scratch, `saved.${job.assignment.rendition.format}`)
  await saveOutput(job, path)
  const list = args`-v error -of json -show_format -show_streams ${path}`
  const { format, streams } = JSON.parse((await execute('ffprobe', list)).stdout)
  const findStream = (type: string) =>
    streams.find((stream: { codec_type: string }) => stream.codec_type === type)
  return { path, format, video: findStream('video'), audio: findStream('audio'), streams }
}

/** Hashes the packets of a track. A stream copy keeps the hash, an encode changes it. */
export async function packetHash(path: string, track: 'v' | 'a' = 'v'): Promise<string> {
  const list = args`-v error -i ${path} -map 0:${track}:0 -c copy -f streamhash -`
  return (await execute('ffmpeg', list)).stdout
}

/**
 * Returns the ids of processes whose working folder is in this test's scratch folder, such as
 * ffmpeg and ffprobe.
 */
export async function ffmpegProcesses(): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const folders = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => '')))
  return pids.filter((_, at) => folders[at]?.startsWith(harness.scratch)).map(Number)
}
