/**
 * HTTP server on 127.0.0.1 from which ffmpeg reads a source by ranges, at a path that cannot be
 * guessed. ffmpeg never learns the gateway's address or the token, and does not notice retries. A
 * fragmented MP4 file is served with an index.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readSourceUrl, type SourceQuery } from '../ffmpeg/process/sourceUrl.ts'
import type { ReadBytes } from '../ffmpeg/readBytes.ts'
import { createBlockCache, type FetchRange, type ReadBlock, type Reading } from './blockCache.ts'
import { createAudioView, type View } from './audioView.ts'
import { createFragmentViews, type FragmentFacts } from './fragments/fragmentViews.ts'
import { patchReader } from './patchedReader.ts'
import { createByteReader } from './byteReader.ts'

export interface SourceServer {
  /**
   * `seekUrl` adds the second to which ffmpeg seeks, for which a fragmented MP4 file gets an index. `audioUrl` adds
   * that only the audio is read, for which most frames of other MP4 files are left out.
   */
  url: string
  /** Reads bytes of the file as it is stored. */
  read: ReadBytes
  /** Returns whether the file is a fragmented MP4, and the streams if the server makes an index. */
  readFragments: () => Promise<FragmentFacts>
  /** Bytes that were served so far. The stall check counts them as progress. */
  bytesServed: () => number
  close: () => Promise<void>
}

/**
 * @param options.onFatal called when bytes cannot be fetched. The connection of ffmpeg is then
 *   closed, and a read of the runner fails; the caller has to end the attempt.
 */
export async function startSourceServer(options: {
  sizeBytes: number
  fetchRange: FetchRange
  onFatal: (error: unknown) => void
  /** True to make an index if the file is a fragmented MP4. */
  makesIndex?: boolean
  /** Default: `mayStop`. */
  reading?: Reading
}): Promise<SourceServer> {
  const { sizeBytes } = options
  const path = `/${randomBytes(24).toString('base64url')}`
  const closing = new AbortController()
  const startReader = createBlockCache(
    sizeBytes,
    options.fetchRange,
    closing.signal,
    options.reading,
  )
  const read = createByteReader(sizeBytes, startReader, closing.signal)
  const fragments = createFragmentViews({ sizeBytes, read, isEnabled: options.makesIndex === true })
  let audioView: Promise<View | null> | undefined
  let bytesServed = 0

  async function selectView({ second, isOnlyAudio }: SourceQuery): Promise<View> {
    if (isOnlyAudio) {
      audioView ??= createAudioView({ sizeBytes, read, startReader })
      const view = await audioView
      if (view !== null) {
        return view
      }
    }
    const { patches, ...file } = await fragments.select(second)
    return { ...file, startReader: () => patchReader(startReader(), patches) }
  }

  async function respond(request: IncomingMessage, response: ServerResponse) {
    const query = readSourceUrl(request.url ?? '', path)
    if (query === null || (request.method !== 'GET' && request.method !== 'HEAD')) {
      return response.writeHead(404).end()
    }
    const view = await selectView(query)
    const range = parseRange(request.headers.range, view.sizeBytes)
    if (range === null) {
      return response.writeHead(416, { 'content-range': `bytes */${view.sizeBytes}` }).end()
    }
    const isPartial = request.headers.range !== undefined
    response.writeHead(isPartial ? 206 : 200, {
      'accept-ranges': 'bytes',
      'content-type': 'application/octet-stream',
      'content-length': range.end - range.start,
      ...(isPartial && {
        'content-range': `bytes ${range.start}-${range.end - 1}/${view.sizeBytes}`,
      }),
    })
    if (request.method === 'GET') {
      await writeRange(response, range, view.startReader(), (bytes) => (bytesServed += bytes))
    }
    return response.end()
  }

  function fail(error: unknown): never {
    if (!closing.signal.aborted) {
      options.onFatal(error)
    }
    throw error
  }

  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      // When ffmpeg itself closes the connection, or the source is closed, that is not an error.
      if (!response.destroyed && !closing.signal.aborted) {
        options.onFatal(error)
      }
      response.destroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    bytesServed: () => bytesServed,
    read: (start, end) => read(start, end).catch(fail),
    readFragments: () => fragments.readFragments().catch(fail),
    async close() {
      closing.abort()
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

interface ByteRange {
  start: number
  /** Exclusive. */
  end: number
}

async function writeRange(
  response: ServerResponse,
  { start, end }: ByteRange,
  readBlock: ReadBlock,
  onWritten: (bytes: number) => void,
): Promise<void> {
  const closed = new AbortController()
  response.on('close', () => closed.abort())
  for (let position = start; position < end;) {
    let isFull = false
    for (const piece of await readBlock(position, closed.signal)) {
      const bytes = piece.subarray(0, end - position)
      position += bytes.length
      onWritten(bytes.length)
      isFull = !response.write(bytes)
    }
    // Waits until ffmpeg has read the bytes, so that the server does not fetch far ahead of it.
    if (isFull) {
      await once(response, 'drain', { signal: closed.signal })
    }
  }
}

/**
 * Parses a header with one range of the form `a-b`, `a-` or `-n` (RFC 9110, 14.1.2), and limits it
 * to the end of the file. Without a header, returns the range of the whole file.
 *
 * @returns null for a header of another form, and for a range that cannot be satisfied
 */
export function parseRange(header: string | undefined, sizeBytes: number): ByteRange | null {
  if (header === undefined) {
    return { start: 0, end: sizeBytes }
  }
  const match = /^bytes=(\d*)-(\d*)$/.exec(header)
  if (match === null || (match[1] === '' && match[2] === '')) {
    return null
  }
  if (match[1] === '') {
    const start = Math.max(0, sizeBytes - Number(match[2]))
    return start < sizeBytes ? { start, end: sizeBytes } : null
  }
  const start = Number(match[1])
  const end = match[2] === '' ? sizeBytes : Math.min(sizeBytes, Number(match[2]) + 1)
  return start < end ? { start, end } : null
}
