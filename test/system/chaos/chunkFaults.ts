/** Faults that occur once during a split job, at a certain request of a runner. */
import { expect, vi } from 'vitest'
import { type Finish, packageFiles } from '../../../src/contract/runnerProtocol.ts'
import type { System } from '../fixtures/system.ts'
import type { Crew, CrewRunner, RunnerRequest } from './crew.ts'
import { listFfmpegs } from './processes.ts'
import type { GatewayResponse } from './proxy.ts'

export interface Fault {
  /** Returns whether the fault occurs at this request. */
  at?: (request: Described) => boolean
  act?: (request: Described, system: System) => Promise<GatewayResponse | null>
  /** Occurs after a claim of a chunk of video. */
  claimed?: (runner: CrewRunner, system: System) => Promise<void>
  /** How often the fault occurs; 1 by default. */
  times?: number
  /** True if the fault occurs once for the job before its split, and once for each chunk. */
  isForEach?: true
  /** True if the runner is lost while it holds a chunk of the job. */
  costsChunk?: true
  /** True if the runner is lost while it holds the job, before the split. */
  costsJob?: true
}
interface Described extends RunnerRequest {
  /** `job` before the split. */
  kind: 'job' | 'part' | 'join'
  outcome: Finish['outcome'] | null
}

async function killBefore({ runner }: Described) {
  runner.kill()
  return null
}
async function killAfter({ runner, forward }: Described) {
  await forward()
  runner.kill()
  return null
}
async function killHalfway({ runner, forward }: Described) {
  await forward(() => runner.kill()).catch(() => undefined)
  return null
}
async function loseAnswer({ forward }: Described) {
  await forward()
  return null
}

/** Stops the runner until its job is completed by others. Its request is then rejected. */
async function freeze({ runner, forward, id }: Described, { client }: System) {
  const unfreeze = runner.freeze()
  try {
    const jobId = findJobId(id)
    await expect
      .poll(async () => (await client.job(jobId)).status, { timeout: 150_000 })
      .toBe('completed')
    const late = await forward()
    expect(late.status).toBe(409)
    return late
  } finally {
    unfreeze()
  }
}

async function killInEncode(runner: CrewRunner, { stateDir }: System) {
  const expectEncode = () => expect(listFfmpegs(stateDir, runner.pid)).not.toEqual([])
  await vi.waitFor(expectEncode, { timeout: 30_000, interval: 5 })
  runner.kill()
}

function isUpload({ action }: Described): boolean {
  return action === 'output/1'
}
function readsChunk({ action, query }: Described): boolean {
  return action === 'source' && query.includes('chunk=')
}

/** By name. The runner of each is lost, if the name says that it is killed or stops. */
export const FAULTS: Record<string, Fault> = {
  'a runner that stops and continues': {
    at: ({ kind, outcome }) => kind === 'part' && outcome === 'completed',
    act: freeze,
    costsChunk: true,
  },
  'a kill before the job is split': {
    at: ({ outcome }) => outcome === 'split',
    act: killBefore,
    costsJob: true,
  },
  'a kill in the middle of a chunk': {
    claimed: killInEncode,
    costsChunk: true,
  },
  'a kill between two chunks': {
    at: ({ kind, outcome }) => kind === 'part' && outcome === 'completed',
    act: killAfter,
  },
  'a kill during the join': {
    at: readsChunk,
    act: killBefore,
    costsChunk: true,
  },
  'a kill during the upload of a chunk': {
    at: (request) => request.kind === 'part' && isUpload(request),
    act: killHalfway,
    costsChunk: true,
  },
  'a kill during the upload of the join': {
    at: (request) => request.kind === 'join' && isUpload(request),
    act: killHalfway,
    costsChunk: true,
  },
  'lost answers to each finish': {
    at: ({ outcome }) => outcome !== null,
    act: loseAnswer,
    isForEach: true,
  },
  'a bucket that fails for a while': {
    at: (request) => request.action.startsWith('output') || readsChunk(request),
    act: async () => ({ status: 503, headers: {}, body: Buffer.alloc(0) }),
    times: 4,
  },
  'a lost file of a completed chunk': {
    at: readsChunk,
    act: async () => {
      const message = 'The job has no completed chunk with this index.'
      const body = Buffer.from(JSON.stringify({ error: 'invalid_request', message }))
      return { status: 400, headers: { 'content-type': 'application/json' }, body }
    },
    costsChunk: true,
  },
}

/** Kills for one stream, one at each stage. */
export const STREAM_KILLS: Record<string, Fault> = {
  'before the job is split': { at: ({ outcome }) => outcome === 'split', act: killBefore },
  'in the middle of a chunk': { claimed: killInEncode },
  'between two chunks': {
    at: ({ kind, outcome }) => kind === 'part' && outcome === 'completed',
    act: killAfter,
  },
  'during the upload of a segment': {
    at: ({ action }) => /^files\/v\w+\.m4s$/.test(action),
    act: killHalfway,
  },
  'during the join': {
    at: ({ kind, action }) => kind === 'join' && action === 'files/manifest.mpd',
    act: killBefore,
  },
}

/** A segment of a completed chunk of a stream is missing in storage. */
export const LOST_SEGMENT: Fault = {
  at: ({ kind, action }) => kind === 'join' && action === 'files',
  async act({ forward }) {
    const answer = await forward()
    const page = packageFiles.parse(JSON.parse(answer.body.toString()))
    const files = page.files.filter(({ name }) => name !== 'v180_00003.m4s')
    expect(files).toHaveLength(page.files.length - 1)
    const body = Buffer.from(JSON.stringify({ ...page, files }))
    return { ...answer, headers: { ...answer.headers, 'content-length': `${body.length}` }, body }
  },
}

/** The runner that has planned the chunks of a stream stops, and continues when the stream is completed. */
export const FROZEN_LEAD: Fault = { at: ({ outcome }) => outcome === 'split', act: freeze }

/** Applies to each job its faults. `occurred` has the job or chunk of each time that a fault occurred. */
export function disturb(
  system: System,
  crew: Crew,
  { faults, joinIndex }: { faults: Map<string, readonly Fault[]>; joinIndex: number },
) {
  const occurred = new Map<string, Map<Fault, string[]>>()
  for (const [jobId, list] of faults) {
    occurred.set(jobId, new Map(list.map((fault) => [fault, []])))
  }
  const acting: Promise<unknown>[] = []

  /** Begins the first of the faults that has not occurred often enough. Returns null if there is none. */
  function begin<T>(
    id: string,
    list: readonly Fault[],
    act: (fault: Fault) => Promise<T>,
  ): Promise<T> | null {
    for (const fault of list) {
      const ids = occurred.get(findJobId(id))!.get(fault)!
      if (fault.isForEach ? !ids.includes(id) : ids.length < (fault.times ?? 1)) {
        ids.push(id)
        const acted = act(fault)
        acting.push(acted)
        return acted
      }
    }
    return null
  }

  crew.setRule((request) => {
    const { id } = request
    const index = id.split('.')[2]
    const kind = index === undefined ? 'job' : Number(index) === joinIndex ? 'join' : 'part'
    const described = { ...request, kind, outcome: readOutcome(request) } as const
    const list = (faults.get(findJobId(id)) ?? []).filter(({ at }) => at?.(described))
    return begin(id, list, (fault) => fault.act!(described, system)) ?? request.forward()
  })
  crew.setClaimListener(({ jobId, chunk }, runner) => {
    const list = (faults.get(chunk?.jobId ?? '') ?? []).filter(({ claimed }) => claimed)
    if (chunk?.kind === 'video') {
      void begin(jobId, list, async (fault) => fault.claimed!(await runner, system))
    }
  })
  return { occurred, settled: () => Promise.all(acting) }
}

/** @param id of a job or of a chunk */
function findJobId(id: string): string {
  return id.split('.')[0]!
}

function readOutcome({ action, body }: RunnerRequest) {
  return action === 'finish' ? (JSON.parse(body.toString()) as Finish).outcome : null
}
