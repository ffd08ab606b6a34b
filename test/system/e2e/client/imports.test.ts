/**
 * Files of a server of this machine are imported by `npm start`, although the server cuts the connection and replaces
 * a file in between, and their variants are made.
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect } from 'vitest'
import { createClient } from '../../../../src/client/index.ts'
import { padClip } from '../../fixtures/media.ts'
import { API_KEY } from '../../fixtures/system.ts'
import { systemTest } from '../../fixtures/systemTest.ts'

const MIB = 1024 * 1024
const PART = 5 * MIB
const SIZE = PART + 2 * MIB
const CUT_AFTER = PART + MIB

const test = systemTest({ env: { IMPORT_PRIVATE_ADDRESSES: 'allow' } })
const requests: { path: string; headers: IncomingHttpHeaders }[] = []

function makeFile(version: number): Buffer<ArrayBuffer> {
  const file = Buffer.from(padClip(SIZE))
  file.fill(version, SIZE - 3 * MIB)
  return file
}
const files = [makeFile(1), makeFile(2)]

/** Each file is cut in its first answer. `changing.mp4` is another file after that. */
const server = createServer(({ url: path = '', headers }, response) => {
  const number = requests.filter((request) => request.path === path).length + 1
  requests.push({ path, headers })
  const version = path === '/changing.mp4' && number > 1 ? 2 : 1
  if (headers.authorization !== 'Bearer token') {
    response.writeHead(403).end()
    return
  }
  send(response, path, version, headers, number === 1 ? CUT_AFTER : Infinity)
})

function send(
  response: ServerResponse,
  path: string,
  version: number,
  headers: IncomingHttpHeaders,
  cutAfter: number,
): void {
  const etag = `"v${version}"`
  const [, start = '0'] = /^bytes=(\d+)-/.exec(headers.range ?? '') ?? []
  const isRange =
    path !== '/plain.mp4' && (headers['if-range'] === undefined || headers['if-range'] === etag)
  const from = isRange ? Number(start) : 0
  const body = files[version - 1]!.subarray(from)
  response.writeHead(isRange ? 206 : 200, {
    ETag: etag,
    ...(isRange && { 'Content-Range': `bytes ${from}-${SIZE - 1}/${SIZE}` }),
    // Without a length, the body is chunked.
    ...(path !== '/plain.mp4' && { 'Content-Length': body.length }),
  })
  if (body.length <= cutAfter) {
    response.end(body)
    return
  }
  response.write(body.subarray(0, cutAfter), () => response.socket?.destroy())
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

afterEach(() => {
  server.close()
  server.closeAllConnections()
})

test('files are imported over cut connections, one that changes as its new version, and variants are made', async ({
  system,
}) => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = createClient({ url: system.url, apiKey: API_KEY })
  const create = async (name: string) => {
    const headers = { Authorization: 'Bearer token' }
    const source = { url: `${origin}/${name}`, headers, filePath: `imports/${name}` }
    const [job] = await client.jobs.create({ source, transformations: ['t_true,tt_1,w_64'] })
    return job!
  }
  const jobs = await Promise.all(['cut.mp4', 'changing.mp4', 'plain.mp4'].map(create))
  expect(jobs.map(({ stage }) => stage)).toEqual(['import', 'import', 'import'])
  for (const job of jobs) {
    expect(await client.waitFor(job)).toMatchObject({ status: 'completed' })
  }
  const stored = await Promise.all(
    jobs.map(async ({ filePath }) => {
      const response = await fetch(`${system.url}/t/${filePath}`)
      return digest(new Uint8Array(await response.arrayBuffer()))
    }),
  )
  expect(stored).toEqual([files[0]!, files[1]!, files[0]!].map(digest))
  const resumed = requests.filter(({ path }) => path === '/cut.mp4').map(({ headers }) => headers)
  expect(resumed).toMatchObject([{}, { range: `bytes=${PART}-${SIZE - 1}`, 'if-range': '"v1"' }])
})
