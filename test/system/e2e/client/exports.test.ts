/**
 * A variant that `npm start` makes is stored in a bucket of an S3 server, although the server first fails and then its
 * answer is lost. curl, which signs its requests itself, reads the object.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request as sendRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { afterAll, expect } from 'vitest'
import { createClient } from '../../../../src/client/index.ts'
import { makeClip } from '../../fixtures/media.ts'
import { API_KEY } from '../../fixtures/system.ts'
import { startS3Server } from '../../fixtures/s3Server.ts'
import { systemTest } from '../../fixtures/systemTest.ts'

const s3 = await startS3Server()
const { bucket, ...access } = s3.bucket
const target = new URL(s3.bucket.endpoint)
const puts: string[] = []

/** Passes requests on to the S3 server. Nobody hears the answer to the first PUT. */
const proxy = createServer((incoming, outgoing) => {
  const { method, url: path, headers } = incoming
  const isLost = method === 'PUT' && puts.push(path!) === 1
  const passed = sendRequest(
    { host: target.hostname, port: target.port, method, path, headers },
    (answer) => {
      if (isLost) {
        incoming.socket.destroy()
        return
      }
      outgoing.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(outgoing)
    },
  )
  passed.on('error', () => incoming.socket.destroy())
  incoming.pipe(passed)
})
await once(proxy.listen(0, '127.0.0.1'), 'listening')
const { port } = proxy.address() as AddressInfo
afterAll(async () => {
  proxy.close()
  proxy.closeAllConnections()
  await s3.close()
})

/** Digest of an empty request body, for a header that curl does not add. */
const EMPTY_SHA256 = createHash('sha256').digest('hex')

const RENDERS = {
  ...access,
  endpoint: `http://127.0.0.1:${port}${target.pathname}`,
  buckets: [bucket],
  writePrefix: 'renders/',
}
const test = systemTest({ env: { S3_CREDENTIALS: JSON.stringify({ renders: RENDERS }) } })

test('a variant is at its destination once when the job is completed', async ({ system }) => {
  const client = createClient({ url: system.url, apiKey: API_KEY })
  await client.files.upload('videos/clip.mp4', new Blob([makeClip()]))
  const [job] = await client.jobs.create({
    filePath: 'videos/clip.mp4',
    transformations: ['w_64'],
    destination: { credential: 'renders' },
  })
  const done = await client.waitFor(job!)
  const key = 'renders/w_64/videos/clip.mp4'
  expect(done).toMatchObject({ status: 'completed', attempt: 1, destination: { bucket, key } })
  const path = `${target.pathname}/${bucket}/${key}`
  expect(puts).toEqual([path, path])
  const user = `${access.accessKeyId}:${access.secretAccessKey}`
  const options = ['-sSf', '--aws-sigv4', 'aws:amz:auto:s3', '--user', user]
  const hash = ['--header', `x-amz-content-sha256: ${EMPTY_SHA256}`]
  const { stdout: object } = await promisify(execFile)(
    'curl',
    [...options, ...hash, `${target.origin}${path}`],
    { encoding: 'buffer' },
  )
  const served = await fetch(`${system.url}${done.outputPath}`, {
    headers: { Authorization: `Bearer ${API_KEY}` },
  })
  expect(object.equals(Buffer.from(await served.arrayBuffer()))).toBe(true)
  expect(done.destination!.sizeBytes).toBe(object.length)
  expect((await client.jobs.list()).jobs).toHaveLength(1)
}, 60_000)
