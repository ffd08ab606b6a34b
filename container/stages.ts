/**
 * The stages of one attempt in their order: probe, encode, verify, upload. Owns the order, the
 * scratch folder, and what is known of the attempt meanwhile. How each stage is done lives in its
 * own file; what an attempt's end means to the gateway is work.ts's.
 */
import { basename, join } from 'node:path'
import type { MediaFacts } from '../src/contract/media.ts'
import type { Assignment, Plan, Stage, Timings } from '../src/contract/runner.ts'
import type { Client } from './client.ts'
import { GatewayRefusal, GatewayUnreachable, JobFailure } from './failures.ts'
import { encodeLimits, INPUT_LIMITS } from './ffmpeg/limits.ts'
import { planRendition, type RenderPlan } from './ffmpeg/plan.ts'
import { probe } from './ffmpeg/probe.ts'
import type { Progress } from './ffmpeg/progress.ts'
import { runFfmpeg } from './ffmpeg/run.ts'
import { verify } from './ffmpeg/verify.ts'
import { memoryOf } from './machine.ts'
import { keepReporting, type Standing } from './reporting.ts'
import { makeScratch, removeScratch } from './scratch.ts'
import type { Settings } from './settings.ts'
import { openSource, type Source } from './source.ts'
import { upload } from './upload.ts'

/** Where each stage begins on the scale of 0 to 100, whose last steps are the gateway's. */
const PROGRESS = { probe: 0, encode: 1, verify: 92, upload: 93, end: 97 }

/** What the attempt's record will say, filled in as the stages go by, whatever becomes of them. */
export type AttemptRecord = {
  stderrTail: string
  command: string
  timings: Timings
  input?: MediaFacts
  plan?: Plan
}

export type Attempt = {
  assignment: Assignment
  client: Client
  settings: Settings
  record: AttemptRecord
  /** Aborts when the attempt has to end, with the reason why. */
  signal: AbortSignal
  /** Ends the attempt from within. */
  end: (reason: unknown) => void
}

/**
 * @returns what a completed finish says besides the record
 * @throws JobFailure, LeaseLost, Released, or what nobody foresaw; by then ffmpeg is gone, the
 *   scratch folder is removed and no report is under way
 */
export async function runStages(attempt: Attempt) {
  const { assignment, client, settings, signal } = attempt
  const standing: Standing = { stage: 'probe', progress: PROGRESS.probe, etaSeconds: null }
  const scratch = await makeScratch(settings.scratchDir)
  const done = new AbortController()
  let reporting: Promise<void> | undefined
  let source: Source | undefined
  try {
    source = await openSource({
      sizeBytes: assignment.source.sizeBytes,
      fetchRange: (start, end, stop) =>
        client.source(assignment, start, end, AbortSignal.any([signal, stop])),
      onFatal: (error) => attempt.end(sourceFailure(error)),
    })
    reporting = keepReporting({
      ...{ client, assignment, standing: () => standing },
      signal: AbortSignal.any([signal, done.signal]),
      onLost: attempt.end,
    })
    return await runThrough({ ...attempt, standing, scratch, source })
  } finally {
    done.abort()
    await reporting
    await source?.close()
    await removeScratch(scratch)
  }
}

type Running = Attempt & { standing: Standing; scratch: string; source: Source }

async function runThrough(running: Running) {
  const { assignment, client, settings, record, signal, standing, scratch, source } = running
  const { rendition } = assignment
  const { sizeBytes } = assignment.source
  const file = join(scratch, `output.${rendition.format}`)
  const { ffmpeg, ffprobe, diskBytes } = settings
  const limits = encodeLimits({ memoryBytes: memoryOf(settings), diskBytes })
  const tools = { ffmpeg, ffprobe, limits, cwd: scratch, signal }
  const bytesRead = source.bytesServed
  const timed = stopwatch(standing, record)
  if (sizeBytes === 0) throw new JobFailure('input_invalid', 'The file is empty.')

  const found = await timed('probe', () =>
    probe({ ...tools, input: [...INPUT_LIMITS, source.url], sizeBytes, bytesRead }),
  )
  standing.input = record.input = found.facts
  const plan = planRendition(rendition, found, { input: source.url, output: file })
  standing.plan = record.plan = { mode: plan.mode, reason: plan.reason }

  const redact = (text: string) =>
    text.replaceAll(source.url, basename(assignment.filePath)).replaceAll(`${scratch}/`, '')
  const encode = (list: string[]) =>
    timed('encode', () => {
      record.command = redact(['ffmpeg', ...list].map(quote).join(' ')).slice(0, 8_000)
      return runFfmpeg({
        ...tools,
        ...{ arguments: list, output: file, bytesRead },
        stallSeconds: assignment.stallSeconds,
        onProgress: follow(standing, plan),
        onStderr: (tail) => (record.stderrTail = redact(tail).slice(-8_000)),
      })
    })
  const check = () =>
    timed('verify', () =>
      verify({ ...tools, file, plan, rendition, source: found, stderr: record.stderrTail }),
    )

  await encode(plan.arguments)
  const { fallbackArguments } = plan
  const output = await check().catch(async (error: unknown) => {
    const gaveNothing = error instanceof JobFailure && error.code === 'output_invalid'
    if (fallbackArguments === null || !gaveNothing) throw error
    await encode(fallbackArguments)
    return check()
  })

  const stored = await timed('upload', () =>
    upload({
      ...{ client, lease: assignment, file, signal },
      request: { ...standing, sizeBytes: output.sizeBytes },
      onProgress: (share) =>
        advance(standing, PROGRESS.upload + share * (PROGRESS.end - PROGRESS.upload)),
    }),
  )
  return { outcome: 'completed' as const, ...stored, output }
}

function advance(standing: Standing, progress: number) {
  standing.progress = Math.max(standing.progress, Math.min(PROGRESS.end, progress))
}

/** Names the stage while it runs, and adds what it took to the record, even when it fails. */
function stopwatch(standing: Standing, { timings }: AttemptRecord) {
  return async <T>(stage: Stage, run: () => Promise<T>): Promise<T> => {
    const startedAt = performance.now()
    Object.assign(standing, { stage, etaSeconds: null })
    advance(standing, PROGRESS[stage])
    try {
      return await run()
    } finally {
      timings[stage] = (timings[stage] ?? 0) + Math.round(performance.now() - startedAt)
    }
  }
}

/** Turns ffmpeg's progress into the job's, and its speed so far into what is left. */
function follow(standing: Standing, { durationSeconds }: RenderPlan) {
  const startedAt = performance.now()
  return ({ outSeconds }: Progress) => {
    if (durationSeconds === null || durationSeconds === 0) return
    const share = Math.min(1, outSeconds / durationSeconds)
    advance(standing, PROGRESS.encode + share * (PROGRESS.verify - PROGRESS.encode))
    const elapsed = (performance.now() - startedAt) / 1_000
    standing.etaSeconds = share > 0 ? Math.ceil((elapsed * (1 - share)) / share) : null
  }
}

function sourceFailure(error: unknown): unknown {
  return error instanceof GatewayUnreachable || error instanceof GatewayRefusal
    ? new JobFailure('storage', 'The original could not be read from storage.', { cause: error })
    : error
}

/** As one would type it, for people to read. */
function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`
}
