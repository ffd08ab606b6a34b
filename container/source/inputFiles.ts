/**
 * The stored files that an attempt reads: the original, and what else the rendition names. Owns
 * opening and closing them as one.
 */
import { referenceFilesOf } from '../../src/contract/rendition.ts'
import type { Assignment } from '../../src/contract/runnerProtocol.ts'
import type { GatewayClient } from '../gateway/client.ts'
import { createReadGate, type ReadGate } from './readGate.ts'
import { startSourceServer, type SourceServer } from './loopbackServer.ts'

export interface OpenInput {
  path: string
  sizeBytes: number
  source: SourceServer
}
export interface Inputs {
  original: OpenInput
  references: OpenInput[]
  /** Bytes given to ffmpeg so far, of all of them: a sign of life for the stall watch. */
  bytesRead: () => number
  /** Held, no more is read. */
  readGate: ReadGate
  close: () => Promise<void>
}

/** @param options.onFatal called when bytes of one of them cannot be had at all */
export async function openInputs(options: {
  assignment: Assignment
  client: GatewayClient
  signal: AbortSignal
  onFatal: (error: unknown) => void
}): Promise<Inputs> {
  const { assignment, client, signal, onFatal } = options
  const paths = referenceFilesOf(assignment.rendition)
  const opened: OpenInput[] = []
  const readGate = createReadGate()
  const close = async () => {
    await Promise.all(opened.map(({ source }) => source.close()))
  }
  const openOne = async (path: string, sizeBytes: number, reference?: number) => {
    const source = await startSourceServer({
      sizeBytes,
      fetchRange: async (start, end, stop) => {
        const which = reference === undefined ? {} : { reference }
        const either = AbortSignal.any([signal, stop])
        await readGate.passed(either)
        return client.source({ ...assignment, ...which }, start, end, either)
      },
      onFatal,
    })
    const input = { path, sizeBytes, source }
    opened.push(input)
    return input
  }
  try {
    const original = await openOne(assignment.filePath, assignment.source.sizeBytes)
    const references: OpenInput[] = []
    for (const [at, path] of paths.entries()) {
      const stored = assignment.references[at]
      if (stored === undefined) {
        throw new Error(`the assignment lacks the reference ${path}`)
      }
      references.push(await openOne(path, stored.sizeBytes, at))
    }
    const bytesRead = () => opened.reduce((sum, { source }) => sum + source.bytesServed(), 0)
    return { original, references, bytesRead, readGate, close }
  } catch (error) {
    await close()
    throw error
  }
}
