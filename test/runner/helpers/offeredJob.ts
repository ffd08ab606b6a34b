/** A job that the fake gateway offers to a runner, and everything that the runner sent about it. */
import { writeFile } from 'node:fs/promises'
import type * as contract from '../../../src/contract/runnerProtocol.ts'

/** Longer than any test, so that a slow machine fails none. Tests of these limits set their own. */
export const JOB_LIMITS = { leaseSeconds: 30, stallSeconds: 300, timeoutSeconds: 600 }

export interface OfferedJob {
  id: string
  assignment: contract.Assignment
  file: string
  /** If set, every request about the job returns 409. */
  isLeaseLost: boolean
  /** The announced size of the output. */
  sizeBytes: number | null
  reports: contract.Report[]
  finishes: contract.Finish[]
  parts: Map<number, Buffer>
  /** Local files for the reference files of the rendition, by path. */
  referenceFiles: Record<string, string>
  /** The current files of the package. */
  files: Map<string, Buffer>
}

/** Writes the uploaded output to a file. @throws if the job is not completed */
export async function saveOutput(job: OfferedJob, path: string): Promise<string> {
  const finish = job.finishes.at(-1)
  if (finish?.outcome !== 'completed') {
    throw new Error(`not completed: ${JSON.stringify(finish)}`)
  }
  const parts = finish.parts.map(({ partNumber }) => job.parts.get(partNumber) ?? Buffer.alloc(0))
  await writeFile(path, Buffer.concat(parts))
  return path
}
