/** What the parts of an attempt share while it runs. */
import type { MediaFacts } from '../../src/contract/mediaFacts.ts'
import type { Assignment, Plan, Stage, Timings } from '../../src/contract/runnerProtocol.ts'
import type { Client } from '../gateway/client.ts'
import type { Settings } from '../settings.ts'
import type { Inputs } from '../source/inputFiles.ts'
import type { Standing } from './heartbeat.ts'
import type { Following } from './progressTracker.ts'

/** What the attempt's record will say, filled in as the stages go by, whatever becomes of them. */
export interface AttemptRecord {
  stderrTail: string
  command: string
  timings: Timings
  input?: MediaFacts
  plan?: Plan
}

export interface Attempt {
  assignment: Assignment
  client: Client
  settings: Settings
  record: AttemptRecord
  /** Aborts when the attempt has to end, with the reason why. */
  signal: AbortSignal
  /** Ends the attempt from within. */
  end: (reason: unknown) => void
}

/** An attempt on its way. */
export type Running = Attempt & {
  standing: Standing
  following: Following
  scratch: string
  inputs: Inputs
}

/** Runs one stage of an attempt, and adds its time to the record. */
export type Timed = <T>(stage: Stage, run: () => Promise<T>) => Promise<T>
