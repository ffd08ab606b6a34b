/**
 * Runs the plan of a video as a whole and in chunks, without a gateway, to compare the results.
 */
import { mkdir, open, readFile, rename, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { createProgressTracker } from '../../../container/attempt/progressTracker.ts'
import { examineInputs } from '../../../container/attempt/examineInputs.ts'
import { probeInputs } from '../../../container/attempt/probeInputs.ts'
import { runStep } from '../../../container/attempt/runStep.ts'
import { findKeyframes } from '../../../container/attempt/splitVariant.ts'
import { createAttemptState } from '../../../container/attempt/heartbeat.ts'
import type { RunningAttempt } from '../../../container/attempt/types.ts'
import { resolveFfmpegTools } from '../../../container/capabilities.ts'
import { chunkFileName } from '../../../container/ffmpeg/chunks/chunkFile.ts'
import { measureChunk } from '../../../container/ffmpeg/chunks/measureChunk.ts'
import { planChunk } from '../../../container/ffmpeg/chunks/planChunk.ts'
import { planChunks } from '../../../container/ffmpeg/chunks/planChunks.ts'
import { type ChunkFile, planJoin } from '../../../container/ffmpeg/chunks/planJoin.ts'
import { planRendition } from '../../../container/ffmpeg/plan/planRendition.ts'
import { createProbeMemo } from '../../../container/ffmpeg/probe/probeMemo.ts'
import type { PlanContext, RenderPlan, Step } from '../../../container/ffmpeg/renderPlan.ts'
import { verifyOutput } from '../../../container/ffmpeg/verify/verifyOutput.ts'
import { createGatewayClient } from '../../../container/gateway/gatewayClient.ts'
import { readSettings } from '../../../container/settings.ts'
import { startSourceServer } from '../../../container/source/loopbackServer.ts'
import type { ChunkRange } from '../../../src/contract/chunk.ts'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { assignment as assignmentSchema } from '../../../src/contract/runnerProtocol.ts'
import { JOB_LIMITS } from './offeredJob.ts'

type Video = RenditionOf<'video'>

export interface SplitJob {
  attempt: RunningAttempt
  rendition: Video
  sourceFile: string
  context: PlanContext
  /** The key frames from which the chunks are decoded, as a runner finds them. */
  keyframes: (number | null)[]
  close: () => Promise<void>
}

const SPLIT = { chunkSeconds: 2, encoderVersion: 'test' }

/** Probes a file for a rendition, as a runner does. The caller closes the job. */
export async function openSplitJob(options: {
  file: string
  rendition: Video
  /** Existing folder in which each run gets a folder of its own. */
  scratch: string
  /** Local files, by the storage paths that the rendition names. */
  references?: Record<string, string>
}): Promise<SplitJob> {
  const { file, rendition, scratch, references = {} } = options
  const original = await serveFile(file, 'videos/clip.mp4')
  const served = await Promise.all(
    Object.entries(references).map(([path, local]) => serveFile(local, path)),
  )
  const settings = readSettings({
    GATEWAY_URL: 'http://127.0.0.1:1',
    RUNNER_TOKEN: 'a-token',
    RUNNER_NAME: 'split',
    SCRATCH_DIR: scratch,
    // With several threads, x264 with a maximum bit rate makes other bytes at each run: by how much a
    // frame near a seam differs would depend on how busy the machine is.
    CPUS: '1',
  })
  const state = createAttemptState()
  const all = [original, ...served]
  const close = async () => {
    await Promise.all(all.map(({ source }) => source.close()))
  }
  const attempt: RunningAttempt = {
    assignment: assignmentSchema.parse({
      jobId: 'job_1',
      queue: 'default',
      fence: 1,
      attempt: 1,
      filePath: original.path,
      rendition,
      source: { sizeBytes: original.sizeBytes, etag: 'a' },
      references: served.map(({ path, sizeBytes }) => ({ sizeBytes, etag: path })),
      ...JOB_LIMITS,
    }),
    client: createGatewayClient(settings),
    settings,
    record: { stderrTail: '', command: '', timings: {} },
    readProbe: () => null,
    chunkVersion: null,
    probeMemos: { original: createProbeMemo(), references: new Map() },
    signal: new AbortController().signal,
    end: () => {},
    onHalfDone: () => {},
    onAlmostDone: () => {},
    state,
    tracker: createProgressTracker(state),
    scratch,
    inputs: {
      original,
      references: served,
      bytesRead: () => all.reduce((sum, { source }) => sum + source.bytesServed(), 0),
      readGate: null as never,
      close,
    },
    checksTimes: false,
  }
  const context = await examineInputs(attempt, await probeInputs(attempt), true)
  const split = planChunks(rendition, context, SPLIT)
  const searches = split.ranges === null ? [] : (split.keyframeSearches ?? [])
  const keyframes = await findKeyframes(attempt, searches)
  return { attempt, rendition, sourceFile: file, context, keyframes, close }
}

async function serveFile(file: string, path: string) {
  const { size: sizeBytes } = await stat(file)
  const source = await startSourceServer({
    sizeBytes,
    makesIndex: true,
    onFatal: () => {},
    fetchRange: async (start, end) => {
      const handle = await open(file)
      try {
        const { buffer } = await handle.read(Buffer.alloc(end - start), 0, end - start, start)
        return [buffer]
      } finally {
        await handle.close()
      }
    },
  })
  return { path, sizeBytes, source }
}

/** Returns the ranges of the chunks. @throws Error with the reason if the video is not split */
export function listRanges({ rendition, context, keyframes }: SplitJob): ChunkRange[] {
  const plan = planChunks(rendition, context, { ...SPLIT, keyframes })
  if (plan.ranges === null) {
    throw new Error(`not split: ${plan.reason}`)
  }
  return plan.ranges
}

/** Changes the arguments of ffmpeg for an encode. */
export type ReplaceArguments = (list: string[]) => string[]

/** Runs the steps of a plan in a folder of its own. Returns the plan. */
export async function runPlan(
  job: Pick<SplitJob, 'attempt' | 'context'>,
  name: string,
  plan: (context: PlanContext) => RenderPlan,
  replace: ReplaceArguments = (list) => list,
): Promise<RenderPlan> {
  const folder = join(job.attempt.scratch, name)
  await mkdir(folder, { recursive: true })
  const planned = plan({ ...job.context, folder })
  const attempt = { ...job.attempt, scratch: folder }
  const stderrTails: string[] = []
  for (const step of planned.steps) {
    await runStep(attempt, planned, replaceCommand(step, replace), stderrTails)
  }
  return planned
}

export function replaceCommand(step: Step, replace: ReplaceArguments): Step {
  return 'task' in step || step.stage !== 'encode'
    ? step
    : {
        ...step,
        ffmpeg: async (stderrTails) => {
          const list = await step.ffmpeg(stderrTails)
          return list === null ? null : replace(list)
        },
      }
}

/** Encodes the video as a whole. Returns the path of the output. */
export async function encodeWhole(job: SplitJob, replace?: ReplaceArguments): Promise<string> {
  const plan = (context: PlanContext) => planRendition(job.rendition, context)
  const { output } = await runPlan(job, 'whole', plan, replace)
  return output
}

/** Makes a chunk in a folder of its own, and moves it to the folder of the join. */
export async function encodeChunk(
  job: SplitJob,
  { index, ranges }: { index: number; ranges: readonly ChunkRange[] },
  replace?: ReplaceArguments,
): Promise<ChunkFile> {
  const { rendition, attempt } = job
  const { signal, scratch } = attempt
  const cwd = join(scratch, 'join')
  await mkdir(cwd, { recursive: true })
  const range = ranges[index]
  if (range === undefined) {
    throw new Error(`there is no chunk ${index}`)
  }
  const plan = (context: PlanContext) => planChunk(rendition, context, range)
  const made = await runPlan(job, `chunk${index}`, plan, replace)
  const file = join(cwd, chunkFileName(rendition, range, index))
  await rename(made.output, file)
  const tools = resolveFfmpegTools(attempt.settings)
  const facts = await measureChunk({ ...tools, cwd, signal, file, range })
  return { range, file, facts }
}

/** Encodes the chunks, joins them, and verifies the output. */
export async function encodeChunks(job: SplitJob, replace?: ReplaceArguments) {
  const ranges = listRanges(job)
  const chunks: ChunkFile[] = []
  for (const index of ranges.slice(0, -1).keys()) {
    chunks.push(await encodeChunk(job, { index, ranges }, replace))
  }
  return joinChunks(job, chunks)
}

/** Joins chunks, and verifies the output. */
export async function joinChunks(job: SplitJob, chunks: ChunkFile[]) {
  const { rendition, attempt } = job
  const plan = (context: PlanContext) => planJoin(rendition, context, chunks)
  const { output, expect, verify } = await runPlan(job, 'join', plan)
  if (expect === null || verify === undefined) {
    throw new Error('a join must be verified')
  }
  const { scratch: cwd, settings, signal } = attempt
  const environment = { ...resolveFfmpegTools(settings), cwd, signal }
  await verify(environment)
  const options = { ...environment, file: output, expect, stderr: '', hasFallback: false }
  const { facts } = await verifyOutput(options)
  return { output, chunks, facts }
}

/**
 * Hashes the frames before they are encoded, of the whole and of the first attempt at each chunk.
 * Each line has the time and the hash of a frame.
 */
export async function hashWholeFrames(job: SplitJob): Promise<string[]> {
  const plan = (context: PlanContext) => firstEncode(planRendition(job.rendition, context))
  return hashFrames(job, 'whole-hash', plan)
}

export async function hashChunkFrames(job: SplitJob): Promise<string[][]> {
  const ranges = listRanges(job).filter(({ kind }) => kind === 'video')
  const hashes: string[][] = []
  // Backwards, because frames of the next chunk are encoded too.
  for (const [index, range] of [...ranges.entries()].toReversed()) {
    const plan = (context: PlanContext) => firstEncode(planChunk(job.rendition, context, range))
    const encoded = await hashFrames(job, `hash${index}`, plan)
    // Those of the next chunk, and of later ones if it is short.
    const next = hashes.flat()
    const end = encoded.findIndex((line) => line === next[0])
    const lines = end < 0 ? encoded : encoded.slice(0, end)
    if (encoded.some((line, at) => at >= lines.length && line !== next[at - lines.length])) {
      throw new Error(`the frames after chunk ${index} are not those of the next ones`)
    }
    if (range.frames !== null && lines.length !== range.frames) {
      throw new Error(`chunk ${index} has ${lines.length} frames instead of ${range.frames}`)
    }
    hashes.unshift(lines)
  }
  return hashes
}

function firstEncode(plan: RenderPlan): RenderPlan {
  const at = plan.steps.findIndex(({ stage }) => stage === 'encode')
  return { ...plan, steps: plan.steps.slice(0, at + 1) }
}

async function hashFrames(
  job: SplitJob,
  name: string,
  plan: (context: PlanContext) => RenderPlan,
): Promise<string[]> {
  const { output } = await runPlan(job, name, plan, (list) => [
    ...list.slice(0, list.indexOf('-c:v')),
    '-c:v',
    'rawvideo',
    '-f',
    'framemd5',
    list.at(-1) ?? '',
  ])
  const text = await readFile(join(job.attempt.scratch, name, basename(output)), 'utf8')
  return text
    .split('\n')
    .filter((line) => line.startsWith('0,'))
    .map((line) => {
      const [, , pts = '', , , hash = ''] = line.split(',').map((word) => word.trim())
      return `${pts} ${hash}`
    })
}
