/** What the parts of an attempt share while it runs. */
import type { MediaFacts } from '../../src/contract/mediaFacts.ts'
import type { Assignment, Plan, Stage, Timings } from '../../src/contract/runnerProtocol.ts'
import type { GatewayClient } from '../gateway/client.ts'
import type { Settings } from '../settings.ts'
import type { Inputs } from '../source/inputFiles.ts'
import type { AttemptState } from './heartbeat.ts'
import type { ProgressTracker } from './progressTracker.ts'

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
  client: GatewayClient
  settings: Settings
  record: AttemptRecord
  /** Aborts when the attempt has to end, with the reason why. */
  signal: AbortSignal
  /** Ends the attempt from within. */
  end: (reason: unknown) => void
}

/** An attempt on its way. */
export type RunningAttempt = Attempt & {
  state: AttemptState
  tracker: ProgressTracker
  scratch: string
  inputs: Inputs
}

/** Runs one stage of an attempt, and adds its time to the record. */
export type StageTimer = <T>(stage: Stage, run: () => Promise<T>) => Promise<T>
