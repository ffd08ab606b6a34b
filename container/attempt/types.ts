/** Types that the parts of an attempt share. */
import type { MediaFacts } from '../../src/contract/mediaFacts.ts'
import type { Plan } from '../../src/contract/plan.ts'
import type { Assignment, Stage, Timings } from '../../src/contract/runnerProtocol.ts'
import type { StoredProbe } from '../../src/contract/storedProbe.ts'
import type { GatewayClient } from '../gateway/gatewayClient.ts'
import type { Settings } from '../settings.ts'
import type { Shutdown } from '../shutdown.ts'
import type { Inputs } from '../source/inputFiles.ts'
import type { RecentBlocks } from '../source/recentBlocks.ts'
import type { SharedBlocks } from '../source/sharedBlocks.ts'
import type { AttemptState } from './heartbeat.ts'
import type { ProbeMemos } from './knownProbes.ts'
import type { ProgressTracker } from './progressTracker.ts'
import type { RecentChunks } from './recentChunks.ts'

/** Maximum number of notes that the gateway accepts. */
const MAX_NOTES = 20

/**
 * Record of the attempt, to which each stage adds. The runner sends it when the attempt succeeds or
 * fails.
 */
export interface AttemptRecord {
  stderrTail: string
  command: string
  timings: Timings
  input?: MediaFacts
  plan?: Plan
}

export interface Attempt extends AttemptCalls, Partial<BesideEncode> {
  assignment: Assignment
  client: GatewayClient
  settings: Settings
  record: AttemptRecord
  /** The results of probing the files, those of earlier jobs included. */
  probeMemos: ProbeMemos
  /** Returns the probe of the original as the gateway stores it; null if it cannot be stored. */
  readProbe: () => StoredProbe | null
  /** Runners with the same version make the same chunks; null for a runner that makes none. */
  chunkVersion: string | null
  /** Absent if no blocks of the original are kept for other jobs. */
  recentBlocks?: RecentBlocks
  /** Absent if no blocks of the original are shared with other attempts. */
  sharedBlocks?: SharedBlocks
  /** Absent if no files of chunks are kept for the join. */
  recentChunks?: RecentChunks
  /** Aborts when the attempt has to end; the reason is the error with which it ends. */
  signal: AbortSignal
  /** Absent where the runner does not shut down. */
  shutdown?: Shutdown
  /** Aborts `signal`. */
  end: (reason: unknown) => void
}

export interface BesideEncode {
  /** True if the runner was encoding another chunk when it claimed this one. */
  isBesideEncode: boolean
}

/** An attempt calls these so that the next job can begin. */
export interface AttemptCalls {
  /**
   * To be called when half of a chunk is made, if another one of the same job can be made beside it.
   *
   * @param sizeBytes expected size of the chunk
   */
  onHalfDone: (sizeBytes: number) => void
  /**
   * To be called when the output is complete, with its size. For a chunk also shortly before that,
   * with the expected size.
   */
  onAlmostDone: (sizeBytes: number) => void
}

/** Adds a note to the plan of the record. */
export function addNote(record: AttemptRecord, note: string): void {
  if (record.plan !== undefined && record.plan.notes.length < MAX_NOTES) {
    record.plan = { ...record.plan, notes: [...record.plan.notes, note] }
  }
}

/** An attempt whose inputs are open. */
export interface RunningAttempt extends Attempt {
  state: AttemptState
  tracker: ProgressTracker
  /** Absolute path of the scratch folder. */
  scratch: string
  inputs: Inputs
  /** True while the times of an input are not examined: an encode then stops at a wrong time. */
  checksTimes: boolean
}

/** Runs one stage of an attempt, and adds its duration to the record. */
export type StageTimer = <T>(stage: Stage, run: () => Promise<T>) => Promise<T>
