/** Client of the gateway: one method for each request of a runner, with its number of tries. */
import { open, readFile } from 'node:fs/promises'
import { readAssignment } from '../../src/contract/assignmentVersions.ts'
import * as contract from '../../src/contract/runnerProtocol.ts'
import { uploadedPart, type UploadedPart } from '../../src/contract/uploadParts.ts'
import { UnreadableAssignment } from '../failures.ts'
import { readRange } from './readRange.ts'
import {
  buildBytesRequest,
  createSender,
  createJsonReader,
  buildJsonRequest,
  type RequestLimits,
} from './request.ts'

/** Identifies a claimed job in every request about it. */
export interface Lease {
  jobId: string
  fence: number
  /** Trace context of the claim. It is sent with the requests that change the job. */
  traceparent?: string | undefined
}

/** The delays between six tries add up to 4 to 8 seconds. */
const TRIES = 6
const SOURCE_TIMEOUT_MS = 60_000
/** Without new bytes for this time, a range of a source is requested again. */
const STALL_MS = 8_000
const CALL_TIMEOUT_MS = 30_000
/** Timeout of a claim, in addition to the time for which it waits. */
const CLAIM_MARGIN_MS = 10_000
/** Enough for a part of 8 MiB at half a megabit per second. */
const PART_TIMEOUT_MS = 150_000

export type GatewayClient = ReturnType<typeof createGatewayClient>

/**
 * @param options.transferDigests false to receive and send files without digests; they are checked by default
 * @param options.timeouts of transfers in milliseconds, which tests shorten
 */
export function createGatewayClient(options: {
  gatewayUrl: string
  token: string | null
  transferDigests?: boolean
  timeouts?: { stallMs: number; partMs: number }
}) {
  const hasDigest = options.transferDigests ?? true
  const { stallMs, partMs } = options.timeouts ?? { stallMs: STALL_MS, partMs: PART_TIMEOUT_MS }
  const { send, sendWith, silentMs } = createSender(options)

  return {
    /** Milliseconds since the last response of the gateway, whatever its status. */
    silentMs,

    /**
     * Waits for a job for up to `request.waitSeconds`; returns null if there is none. Not retried:
     * after a lost response, the next claim has to set `again`.
     *
     * @throws UnreadableAssignment as well as the errors of `SendRequest`
     */
    claim(
      request: contract.ClaimRequest,
      signal: AbortSignal,
    ): Promise<contract.Assignment | null> {
      const timeoutMs = request.waitSeconds * 1_000 + CLAIM_MARGIN_MS
      return send(
        buildJsonRequest('claim', request),
        { timeoutMs, tries: 1, signal },
        async (response) =>
          response.status === 204 ? null : readClaim(await response.json(), request.protocol),
      )
    },

    /** Not retried: the next report follows within a second. */
    async report(
      lease: Lease,
      report: Omit<contract.Report, 'fence'>,
      limits: Omit<RequestLimits, 'tries'>,
    ): Promise<void> {
      const message = { fence: lease.fence, ...report }
      const request = buildJsonRequest(`${buildJobPath(lease)}/report`, message, lease)
      await send(request, { ...limits, tries: 1 }, createJsonReader(contract.reportResponse))
    },

    /**
     * Reads bytes `start` (inclusive) to `end` (exclusive) of the original, of a reference file, given
     * by its index in the assignment, or of a completed chunk given by its index in the job.
     */
    readSource(
      lease: Lease & { reference?: number; chunkIndex?: number },
      start: number,
      end: number,
      signal: AbortSignal,
    ): Promise<Buffer[]> {
      const { reference, chunkIndex } = lease
      const file = Object.entries({ reference, chunk: chunkIndex })
        .map(([name, index]) => (index === undefined ? '' : `&${name}=${index}`))
        .join('')
      const path = `${buildJobPath(lease)}/source?fence=${lease.fence}${file}`
      return sendWith({ timeoutMs: SOURCE_TIMEOUT_MS, tries: TRIES, signal }, (connection) =>
        readRange({ path, start, end, hasDigest, stallMs }, connection),
      )
    },

    /** Reads a file of a track that the chunk may copy. */
    readReusedFile(lease: Lease, name: string, signal: AbortSignal): Promise<Buffer> {
      return send(
        { path: `${buildJobPath(lease)}/source?fence=${lease.fence}&reused=${name}` },
        { timeoutMs: partMs, tries: TRIES, signal },
        async (response) => Buffer.from(await response.arrayBuffer()),
      )
    },

    /** Lists the completed chunks of the job of a chunk. Not retried: it is asked again. */
    async listCompletedChunks(
      lease: Lease,
      signal: AbortSignal,
    ): Promise<contract.CompletedChunk[]> {
      const { completedChunks } = await send(
        { path: `${buildJobPath(lease)}/chunks?fence=${lease.fence}` },
        { timeoutMs: CALL_TIMEOUT_MS, tries: 1, signal },
        createJsonReader(contract.completedChunks),
      )
      return completedChunks
    },

    /** Starts the upload of an output. */
    requestOutput(
      lease: Lease,
      request: Omit<contract.OutputRequest, 'fence'>,
      signal: AbortSignal,
    ) {
      const message = { fence: lease.fence, ...request }
      return send(
        buildJsonRequest(`${buildJobPath(lease)}/output`, message, lease),
        { timeoutMs: CALL_TIMEOUT_MS, tries: TRIES, signal },
        createJsonReader(contract.outputResponse),
      )
    },

    /** Uploads one part: bytes `start` (inclusive) to `end` (exclusive) of the file. */
    async putPart(
      lease: Lease,
      part: { uploadId: string; partNumber: number; file: string; start: number; end: number },
      signal: AbortSignal,
    ): Promise<UploadedPart> {
      const query = new URLSearchParams({ fence: `${lease.fence}`, uploadId: part.uploadId })
      const bytes = await readSlice(part.file, part.start, part.end)
      return send(
        buildBytesRequest(`${buildJobPath(lease)}/output/${part.partNumber}?${query}`, bytes, {
          hasDigest,
        }),
        { timeoutMs: partMs, tries: TRIES, signal },
        createJsonReader(uploadedPart),
      )
    },

    /**
     * Stores one file of a package. A file that was stored under the same name is replaced, unless
     * `version` is set and not higher than that of the stored one. Returns the ETag of the stored file.
     */
    async putFile(
      lease: Lease,
      name: string,
      { file, version }: { file: string; version?: number },
      signal: AbortSignal,
    ): Promise<string> {
      const bytes = await readFile(file)
      const query = `fence=${lease.fence}${version === undefined ? '' : `&version=${version}`}`
      const { etag } = await send(
        buildBytesRequest(`${buildJobPath(lease)}/files/${name}?${query}`, bytes, { hasDigest }),
        { timeoutMs: partMs, tries: TRIES, signal },
        createJsonReader(contract.storedPackageFile),
      )
      return etag
    },

    /** Lists the stored files of the package: their ETags, by their names. */
    async listPackageFiles(lease: Lease, signal: AbortSignal): Promise<Map<string, string>> {
      const etags = new Map<string, string>()
      let after: string | null = null
      do {
        const query = `fence=${lease.fence}${after === null ? '' : `&after=${after}`}`
        const page: contract.PackageFiles = await send(
          { path: `${buildJobPath(lease)}/files?${query}` },
          { timeoutMs: CALL_TIMEOUT_MS, tries: TRIES, signal },
          createJsonReader(contract.packageFiles),
        )
        page.files.forEach(({ name, etag }) => etags.set(name, etag))
        after = page.next
      } while (after !== null)
      return etags
    },

    /** Ends the attempt. */
    finish(lease: Lease, finish: contract.Finish, signal: AbortSignal) {
      return send(
        buildJsonRequest(`${buildJobPath(lease)}/finish`, finish, lease),
        { timeoutMs: CALL_TIMEOUT_MS, tries: TRIES, signal },
        createJsonReader(contract.finishResponse),
      )
    },
  }
}

function readClaim(sent: unknown, protocol: number): contract.Assignment {
  try {
    return readAssignment(sent, protocol)
  } catch (cause) {
    throw new UnreadableAssignment(
      'The gateway assigned a job in a form that this runner cannot read. Update the older side.',
      { cause },
    )
  }
}

function buildJobPath({ jobId }: Lease): string {
  return `jobs/${encodeURIComponent(jobId)}`
}

async function readSlice(file: string, start: number, end: number): Promise<Buffer<ArrayBuffer>> {
  const bytes = Buffer.alloc(end - start)
  await using handle = await open(file)
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, start)
  if (bytesRead !== bytes.length) {
    throw new Error(`${file} ends at byte ${start + bytesRead}; byte ${end} was expected`)
  }
  return bytes
}
