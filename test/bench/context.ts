/** What every suite gets. */
import type { Measurement } from './report.ts'

export interface BenchContext {
  /** A folder for the suite's files. It is deleted after the suite. */
  folder: string
  /** Prints a line about the progress of the suite. */
  log: (line: string) => void
  /** How long the suite `idle` measures. */
  idleMinutes: number
  /** A video of the user, for the suite `chunks`; null for one that ffmpeg generates. */
  film: string | null
}

export interface Suite {
  /**
   * True for a suite that counts operations and takes no times. It runs beside the other suites, from
   * the beginning to the end.
   */
  runsBeside?: boolean
  /** True for a suite that explains figures of another one. Without names, it does not run. */
  runsOnlyNamed?: boolean
  run: (context: BenchContext) => Promise<Measurement[]>
}
