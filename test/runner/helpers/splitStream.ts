/** Makes the chunks of a stream and joins them, as runners do, with a gateway in memory. */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GatewayRejection } from '../../../container/failures.ts'
import { downloadReusedTracks } from '../../../container/attempt/reusedTracks.ts'
import type { RunningAttempt, StageTimer } from '../../../container/attempt/types.ts'
import {
  planStreamChunk,
  planStreamJoin,
} from '../../../container/ffmpeg/chunks/planStreamChunk.ts'
import { planStreamChunks } from '../../../container/ffmpeg/chunks/planStreamChunks.ts'
import { planStream } from '../../../container/ffmpeg/plan/planStream.ts'
import { segmentsFolder } from '../../../container/ffmpeg/streaming/streamLayout.ts'
import { publishChunk } from '../../../container/publish/publishChunk.ts'
import type { ChunkFacts, ChunkRange } from '../../../src/contract/chunk.ts'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import type { ChunkAssignment, CompletedChunk } from '../../../src/contract/runnerProtocol.ts'
import {
  openSplitJob,
  type ReplaceArguments,
  replaceCommand,
  runPlan,
  type SplitJob,
} from './splitJob.ts'

type Stream = RenditionOf<'stream'>
export type StreamJob = Omit<SplitJob, 'rendition'> & { rendition: Stream }

export async function openSplitStream(options: {
  file: string
  rendition: Stream
  scratch: string
  references?: Record<string, string>
}): Promise<StreamJob> {
  const job = await openSplitJob({ ...options, rendition: options.rendition as never })
  return { ...job, rendition: options.rendition }
}

export function planSplit({ rendition, context }: StreamJob, chunkSeconds: number) {
  const plan = planStreamChunks(rendition, context, { chunkSeconds, encoderVersion: 'test' })
  if (plan.ranges === null) {
    throw new Error(`not split: ${plan.reason}`)
  }
  return plan
}

export function planRanges(job: StreamJob, chunkSeconds: number): ChunkRange[] {
  return planSplit(job, chunkSeconds).ranges
}

const timeStage: StageTimer = (_, run) => run()

type Files = ReadonlyMap<string, Buffer>
type BeforePut = (name: string, files: Files) => Promise<void> | void

function computeEtag(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex')
}

/** The files of a package, as runners have stored them. */
function createGateway({
  beforePut,
  listCompleted,
  readReused,
}: {
  readReused: (name: string) => Promise<Buffer>
  beforePut: BeforePut
  listCompleted: () => CompletedChunk[]
}) {
  const files = new Map<string, Buffer>()
  const versions = new Map<string, number>()
  const chunkFiles: (Buffer | undefined)[] = []
  let uploading: Buffer | null = null
  const client = {
    silentMs: () => 0,
    listCompletedChunks: async () => listCompleted(),
    readReusedFile: (_: unknown, name: string) => readReused(name),
    async putFile(_: unknown, name: string, put: { file: string; version?: number }) {
      await beforePut(name, files)
      const { file, version = Infinity } = put
      if (version > (versions.get(name) ?? 0)) {
        versions.set(name, version)
        files.set(name, await readFile(file))
      }
      return computeEtag(files.get(name)!)
    },
    listPackageFiles: async () =>
      new Map([...files].map(([name, bytes]) => [name, computeEtag(bytes)])),
    requestOutput: async () => ({ uploadId: 'one', partSizeBytes: 1e9 }),
    async putPart(_: unknown, { file }: { file: string }) {
      uploading = await readFile(file)
      return { partNumber: 1, etag: 'a' }
    },
    async readSource({ chunkIndex = 0 }: { chunkIndex?: number }, start: number, end: number) {
      const file = chunkFiles[chunkIndex]
      if (file === undefined) {
        throw new GatewayRejection(400, `there is no file of chunk ${chunkIndex}`)
      }
      return [file.subarray(start, end)]
    },
  }
  return {
    client,
    files,
    chunkFiles,
    keepChunkFile: (index: number) => {
      chunkFiles[index] = uploading!
    },
  }
}

/** Names of the tracks, from the smallest size on. */
export function listTracks({ rendition, context }: StreamJob): string[] {
  return planStream(rendition, context).stream!.tracks.map(({ name }) => name)
}

/** Encodes the stream as a whole. Returns its segments and init segments. */
export async function encodeWholeStream(
  job: StreamJob,
  replace?: ReplaceArguments,
): Promise<Map<string, Buffer>> {
  const folder = segmentsFolder(join(job.attempt.scratch, 'whole'))
  await mkdir(folder, { recursive: true })
  await runPlan(job, 'whole', (context) => planStream(job.rendition, context), replace)
  const names = (await readdir(folder)).filter((name) => /\.(m4s|mp4)$/.test(name))
  const files = names.map(async (name) => [name, await readFile(join(folder, name))] as const)
  return new Map(await Promise.all(files))
}

/** Writes the init segment and the segments of a track as one file. Returns its path. */
export async function writeTrack(folder: string, files: Files, track: string): Promise<string> {
  const segments = [...files.keys()].filter((name) => new RegExp(`^${track}_\\d+`).test(name))
  const names = [`${track}_init.mp4`, ...segments.toSorted()]
  const path = join(folder, `${track}.mp4`)
  await mkdir(folder, { recursive: true })
  await writeFile(path, Buffer.concat(names.map((name) => files.get(name)!)))
  return path
}

/**
 * Makes the chunks one after another, and joins them.
 *
 * @param order indexes of the chunks in the order in which they are made
 * @param onChunk called after each chunk, with the files that are stored by then
 * @param beforePut called before a file of the package is stored
 * @param reusable tracks that can be copied, whose files `readReused` reads
 * @param beforeJoin called before the join, with the files of the chunks by index, and those of the package
 * @param replace changes the arguments of ffmpeg
 * @param tellsRunners false if the assignment of a chunk lists no other chunk
 */
export async function encodeStreamChunks(
  job: StreamJob,
  chunkSeconds: number,
  {
    order,
    onChunk = () => {},
    beforePut = () => {},
    beforeJoin = () => {},
    replace = (list) => list,
    tellsRunners = true,
    reusable = [],
    readReused = async () => Buffer.alloc(0),
  }: {
    order?: number[]
    onChunk?: (files: Files) => void
    beforePut?: BeforePut
    beforeJoin?: (chunkFiles: (Buffer | undefined)[], files: Map<string, Buffer>) => void
    replace?: ReplaceArguments
    tellsRunners?: boolean
    reusable?: string[]
    readReused?: (name: string) => Promise<Buffer>
  } = {},
) {
  const { rendition, context } = job
  const ranges = planRanges(job, chunkSeconds)
  const facts: ChunkFacts[] = []
  const gateway = createGateway({ beforePut, listCompleted, readReused })
  const { stream } = planStream(rendition, context)
  const jobId = `${job.attempt.scratch} ${chunkSeconds} ${String(order)}`

  function listCompleted(): CompletedChunk[] {
    const others = ranges
      .slice(0, -1)
      .map((each, at) => ({ ...each, index: at, facts: facts[at]! }))
    const gap = others.findIndex((each) => each.kind === 'video' && each.facts === undefined)
    return others.slice(0, gap === -1 ? undefined : gap).filter((each) => each.facts !== undefined)
  }

  async function run(index: number) {
    const range = ranges[index]!
    const folder = join(job.attempt.scratch, `${chunkSeconds}-${index}`)
    await mkdir(folder, { recursive: true })
    const chunk: ChunkAssignment = {
      ...range,
      jobId,
      index,
      planKey: 'test',
      reusableTracks: reusable,
      completedChunks: tellsRunners || range.kind === 'join' ? listCompleted() : [],
    }
    const attempt = {
      ...job.attempt,
      scratch: folder,
      client: gateway.client,
    } as unknown as RunningAttempt
    const here = { ...context, folder }
    const plan =
      range.kind === 'join'
        ? planStreamJoin(rendition, here)
        : planStreamChunk(
            rendition,
            here,
            range,
            await downloadReusedTracks(attempt, chunk, stream!),
          )
    const steps = plan.steps.map((step) => replaceCommand(step, replace))
    const replaced = { ...plan, steps }
    const finish = await publishChunk(attempt, replaced, { chunk, whole: stream! }, timeStage)
    if (finish.outcome === 'completed') {
      facts[index] = finish.chunk
      gateway.keepChunkFile(index)
      onChunk(gateway.files)
    }
    return finish
  }

  for (const index of order ?? ranges.slice(0, -1).keys()) {
    await run(index)
  }
  beforeJoin(gateway.chunkFiles, gateway.files)
  const finish = await run(ranges.length - 1)
  if (finish.outcome !== 'packaged') {
    throw new Error('the join has not completed the package')
  }
  return { finish, files: gateway.files, ranges, facts }
}
