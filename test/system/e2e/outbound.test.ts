/** Under `npm start`, what the Worker sends reaches no private address, whatever a name resolves to. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { convertV4MiniflareOptions, Miniflare, type V4MiniflareOptions } from 'miniflare'
import { expect, it, onTestFinished } from 'vitest'
import { OUTBOUND, outboundWorker, s3Origins } from '../../../scripts/start/outboundWorker.ts'

const compatibilityDate = '2026-11-01'
const SENDER = `export default {
  async fetch(request) {
    const url = new URL(request.url).searchParams.get('url')
    return fetch(url).catch((error) => new Response(error.message, { status: 502 }))
  },
}`

/** Starts a Worker that sends requests to given URLs. Returns the body of the answer, or null. */
async function startSender(isConfined: boolean, trustedOrigins: string[] = []) {
  const sender = { name: 'sender', modules: true, script: SENDER, compatibilityDate }
  const workers = isConfined
    ? [{ ...sender, outboundService: OUTBOUND }, outboundWorker(compatibilityDate, trustedOrigins)]
    : [sender]
  const options = { cf: false, workers } as V4MiniflareOptions
  const miniflare = new Miniflare(convertV4MiniflareOptions(options))
  onTestFinished(() => miniflare.dispose())
  return async (url: string) => {
    const response = await miniflare.dispatchFetch(`http://x/?url=${encodeURIComponent(url)}`)
    const body = await response.text()
    return response.ok ? body : null
  }
}

it('a private address is refused, also that of a name; and reached without the outbound Worker or as an S3 endpoint', async () => {
  const paths: (string | undefined)[] = []
  const server = createServer(({ url }, response) => {
    paths.push(url)
    response.end('inside')
  })
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const [confined, free] = await Promise.all([startSender(true), startSender(false)])
  for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]']) {
    expect([host, await confined(`http://${host}:${port}/confined`)]).toEqual([host, null])
  }
  expect(await free(`http://localhost:${port}/free`)).toBe('inside')
  expect(paths).toEqual(['/free'])
  const settings = [JSON.stringify({ endpoint: `http://localhost:${port}/s3` }), undefined]
  const trusting = await startSender(true, s3Origins(settings))
  expect(await trusting(`http://localhost:${port}/trusted`)).toBe('inside')
  expect(await trusting(`http://127.0.0.1:${port}/confined`)).toBeNull()
  expect(paths).toEqual(['/free', '/trusted'])
})
