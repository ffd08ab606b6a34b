/**
 * Input files of an attempt, the original and the reference files, each served to ffmpeg over HTTP.
 */
import { listReferenceFiles } from '../../src/contract/rendition.ts'
import type { Assignment } from '../../src/contract/runnerProtocol.ts'
import type { GatewayClient } from '../gateway/gatewayClient.ts'
import { startSourceServer, type SourceServer } from './loopbackServer.ts'
import type { FetchRange } from './blockCache.ts'
import { createReadGate, type ReadGate } from './readGate.ts'
import type { RecentBlocks } from './recentBlocks.ts'
import type { SharedBlocks } from './sharedBlocks.ts'

export interface OpenInput {
  /** Its path in storage. */
  path: string
  sizeBytes: number
  source: SourceServer
}

export interface Inputs {
  original: OpenInput
  /** In the order of the assignment. */
  references: OpenInput[]
  /** Number of bytes served so far, of all files. The stall check counts them as progress. */
  bytesRead: () => number
  /** Pauses reads that the cache of a file cannot answer, for all files. */
  readGate: ReadGate
  close: () => Promise<void>
}

/** @param options.onFatal called when bytes of one of the files cannot be fetched */
export async function openInputs(options: {
  assignment: Assignment
  client: GatewayClient
  signal: AbortSignal
  onFatal: (error: unknown) => void
  /** Absent if no blocks are kept for other jobs. */
  recentBlocks?: RecentBlocks
  /** Absent if no blocks are shared with other attempts. */
  sharedBlocks?: SharedBlocks
}): Promise<Inputs> {
  const { assignment, client, signal, onFatal, recentBlocks, sharedBlocks } = options
  const opened: OpenInput[] = []
  const readGate = createReadGate()
  const shared = sharedBlocks?.(assignment)

  async function close() {
    await Promise.all(opened.map(({ source }) => source.close()))
    shared?.close()
  }

  /** Returns a function that fetches only what is not kept of the original. */
  function keepOriginal(fetchRange: FetchRange): FetchRange {
    const { filePath, source } = assignment
    const recent = recentBlocks?.({ filePath, etag: source.etag }, fetchRange) ?? fetchRange
    return shared?.keep(recent) ?? recent
  }

  /** @param reference index of a reference file; none for the original */
  async function open(path: string, sizeBytes: number, reference?: number): Promise<OpenInput> {
    const lease = { ...assignment, ...(reference !== undefined && { reference }) }
    const fetchFile: FetchRange = (start, end, closed) =>
      client.readSource(lease, start, end, closed)
    const fetchNew = reference === undefined ? keepOriginal(fetchFile) : fetchFile
    // Outside of what is shared: another attempt that waits for the same blocks does not wait for this gate.
    const fetchRange: FetchRange = async (start, end, closed) => {
      const either = AbortSignal.any([signal, closed])
      await readGate.waitUntilOpen(either)
      return fetchNew(start, end, either)
    }
    const source = await startSourceServer({
      sizeBytes,
      fetchRange,
      onFatal,
      makesIndex: true,
      // The inputs of a chunk are not probed: the runner has the results of another one.
      reading: assignment.chunk === undefined ? 'mayStop' : 'readsOn',
    })
    const input = { path, sizeBytes, source }
    opened.push(input)
    return input
  }

  try {
    const original = await open(assignment.filePath, assignment.source.sizeBytes)
    const references: OpenInput[] = []
    for (const [index, path] of listReferenceFiles(assignment.rendition).entries()) {
      const stored = assignment.references[index]
      if (stored === undefined) {
        throw new Error(`the assignment has no reference file for ${path}`)
      }
      references.push(await open(path, stored.sizeBytes, index))
    }
    const bytesRead = () => opened.reduce((sum, { source }) => sum + source.bytesServed(), 0)
    return { original, references, bytesRead, readGate, close }
  } catch (error) {
    await close()
    throw error
  }
}
