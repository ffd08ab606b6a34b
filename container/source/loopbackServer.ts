/**
 * The original as ffmpeg sees it: an HTTP server on this machine only, under a path that cannot be
 * guessed, answering ranged reads. So ffmpeg learns neither the gateway's address nor its token,
 * and a read that breaks is mended behind its back.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createBlockCache, type FetchRange } from './blockCache.ts'

export interface SourceServer {
  url: string
  /** Bytes given to ffmpeg so far, a sign of life for the stall watch. */
  bytesServed: () => number
  close: () => Promise<void>
}

/**
 * @param onFatal called when bytes cannot be had at all; ffmpeg's connection is cut, and what ends
 *   the attempt is the caller's to decide
 */
export async function startSourceServer(options: {
  sizeBytes: number
  fetchRange: FetchRange
  onFatal: (error: unknown) => void
}): Promise<SourceServer> {
  const path = `/${randomBytes(24).toString('base64url')}`
  const startWalk = createBlockCache(options.sizeBytes, options.fetchRange)
  let served = 0

  async function answer(request: IncomingMessage, response: ServerResponse) {
    if (request.url !== path || (request.method !== 'GET' && request.method !== 'HEAD')) {
      return response.writeHead(404).end()
    }
    const range = parseRange(request.headers.range, options.sizeBytes)
    if (range === null) {
      return response.writeHead(416, { 'content-range': `bytes */${options.sizeBytes}` }).end()
    }
    response.writeHead(request.headers.range === undefined ? 200 : 206, {
      'accept-ranges': 'bytes',
      'content-type': 'application/octet-stream',
      'content-length': range.end - range.start,
      ...(request.headers.range !== undefined && {
        'content-range': `bytes ${range.start}-${range.end - 1}/${options.sizeBytes}`,
      }),
    })
    if (request.method === 'HEAD') {
      return response.end()
    }

    const gone = new AbortController()
    response.on('close', () => gone.abort())
    const walk = startWalk()
    for (let position = range.start; position < range.end;) {
      const bytes = (await walk(position, gone.signal)).subarray(0, range.end - position)
      position += bytes.length
      served += bytes.length
      // Waiting for the reader keeps what is fetched close to what is read.
      if (!response.write(bytes)) {
        await once(response, 'drain', { signal: gone.signal })
      }
    }
    return response.end()
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!response.destroyed) {
        options.onFatal(error)
      }
      response.destroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    bytesServed: () => served,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/**
 * One range of the kinds `a-b`, `a-` and `-n` (RFC 9110, 14.1.2), cut to the file.
 *
 * @returns `end` is exclusive; null when the range cannot be satisfied
 */
export function parseRange(
  header: string | undefined,
  sizeBytes: number,
): { start: number; end: number } | null {
  if (header === undefined) {
    return { start: 0, end: sizeBytes }
  }
  const match = /^bytes=(\d*)-(\d*)$/.exec(header)
  if (match === null || (match[1] === '' && match[2] === '')) {
    return null
  }
  if (match[1] === '') {
    return { start: Math.max(0, sizeBytes - Number(match[2])), end: sizeBytes }
  }
  const start = Number(match[1])
  const end = match[2] === '' ? sizeBytes : Math.min(sizeBytes, Number(match[2]) + 1)
  return start < end ? { start, end } : null
}
