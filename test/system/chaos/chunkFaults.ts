/** Faults that occur once during a split job, at a certain request of a runner. */
import { expect, vi } from 'vitest'
import type { Finish } from '../../../src/contract/runnerProtocol.ts'
import type { System } from '../fixtures/system.ts'
import type { Crew, CrewRunner, RunnerRequest } from './crew.ts'
import { listFfmpegs, sendSignal } from './processes.ts'
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
    act: async ({ runner, forward, id }, { client }) => {
      sendSignal(runner.pid, 'SIGSTOP')
      try {
        const jobId = findJobId(id)
        await expect
          .poll(async () => (await client.job(jobId)).status, { timeout: 60_000 })
          .toBe('completed')
        const late = await forward()
        expect(late.status).toBe(409)
        return late
      } finally {
        sendSignal(runner.pid, 'SIGCONT')
      }
    },
    costsChunk: true,
  },
  'a kill before the job is split': {
    at: ({ outcome }) => outcome === 'split',
    act: killBefore,
    costsJob: true,
  },
  'a kill in the middle of a chunk': {
    async claimed(runner, { stateDir }) {
      const expectEncode = () => expect(listFfmpegs(stateDir, runner.pid)).not.toEqual([])
      await vi.waitFor(expectEncode, { timeout: 10_000, interval: 5 })
      runner.kill()
    },
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
}

/** Applies to each job its fault. `occurred` has the job or chunk of each fault, by job. */
export function disturb(
  system: System,
  crew: Crew,
  { faults, joinIndex }: { faults: Map<string, Fault>; joinIndex: number },
) {
  const occurred = new Map([...faults.keys()].map((jobId): [string, string[]] => [jobId, []]))
  const acting: Promise<unknown>[] = []

  function begin<T>(id: string, fault: Fault, act: () => Promise<T>): Promise<T> | null {
    const ids = occurred.get(findJobId(id)) ?? []
    if (fault.isForEach ? ids.includes(id) : ids.length >= (fault.times ?? 1)) {
      return null
    }
    ids.push(id)
    const acted = act()
    acting.push(acted)
    return acted
  }

  crew.setRule((request) => {
    const { id } = request
    const index = id.split('.')[2]
    const kind = index === undefined ? 'job' : Number(index) === joinIndex ? 'join' : 'part'
    const described = { ...request, kind, outcome: readOutcome(request) } as const
    const fault = faults.get(findJobId(id))
    const acted = fault?.at?.(described)
      ? begin(id, fault, () => fault.act!(described, system))
      : null
    return acted ?? request.forward()
  })
  crew.setClaimListener(({ jobId, chunk }, runner) => {
    const fault = faults.get(chunk?.jobId ?? '')
    if (fault?.claimed && chunk?.kind === 'video') {
      void begin(jobId, fault, async () => fault.claimed!(await runner, system))
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
