/** The client without a network for a while, and on the runtime of React Native. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createClient } from '../../../src/client/index.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

function unavailable(): Response {
  return new Response('', { status: 503 })
}
function job(status: string): Response {
  return Response.json({ id: 'job_1', status })
}

/** The controller of React Native: without a reason, `throwIfAborted` and `AbortSignal.any`. */
class OldAbortController {
  signal = Object.assign(new EventTarget(), { aborted: false })
  abort() {
    this.signal.aborted = true
    this.signal.dispatchEvent(new Event('abort'))
  }
}

/** Stubs the global `fetch` with these responses in turn; returns the requested URLs. */
function stubFetch(...responses: (() => Response)[]): string[] {
  const urls: string[] = []
  vi.stubGlobal('fetch', (url: string) => {
    urls.push(url)
    const respond = responses.shift()
    return respond ? Promise.resolve(respond()) : new Promise(() => undefined)
  })
  return urls
}

it('a job is polled in React Native, whose fetch never returns a stream', async () => {
  vi.stubGlobal('navigator', { product: 'ReactNative' })
  vi.stubGlobal('AbortController', OldAbortController)
  vi.stubGlobal('AbortSignal', {})
  const urls = stubFetch(
    () => job('pending'),
    unavailable,
    () => job('completed'),
  )
  const seen: string[] = []
  const waiting = createClient().waitFor('job_1', { onUpdate: ({ status }) => seen.push(status) })
  await vi.runAllTimersAsync()
  expect(await waiting).toMatchObject({ status: 'completed' })
  expect(seen).toEqual(['pending', 'completed'])
  expect(urls).toEqual(Array(3).fill('/queue/jobs/job_1'))
})

it('a call that is aborted in React Native rejects with an error', async () => {
  vi.stubGlobal('navigator', { product: 'ReactNative' })
  vi.stubGlobal('AbortController', OldAbortController)
  stubFetch(() => job('pending'))
  const stopped = new AbortController()
  const waiting = createClient().waitFor('job_1', { signal: stopped.signal })
  const rejection = expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
  await vi.advanceTimersByTimeAsync(100)
  stopped.abort()
  await rejection
})

it('an upload waits for the network, and is sent once it is back', async () => {
  const browser = Object.assign(new EventTarget(), { onLine: false })
  vi.stubGlobal('navigator', browser)
  vi.stubGlobal('location', { origin: 'http://page' })
  vi.stubGlobal('addEventListener', browser.addEventListener.bind(browser))
  vi.stubGlobal('removeEventListener', browser.removeEventListener.bind(browser))
  let requests = 0
  vi.stubGlobal('fetch', () => {
    requests++
    return browser.onLine
      ? Promise.resolve(Response.json({ filePath: 'a.mp4' }))
      : Promise.reject(new TypeError('offline'))
  })
  const uploading = createClient().files.upload('a.mp4', 'content')
  await vi.advanceTimersByTimeAsync(600_000)
  // More than are made with a network.
  expect(requests).toBeGreaterThan(5)
  const before = requests
  browser.onLine = true
  browser.dispatchEvent(new Event('online'))
  expect(await uploading).toEqual({ filePath: 'a.mp4' })
  expect(requests).toBe(before + 1)
})

it('an upload to a signed URL does not send the API key', async () => {
  const requests: [string, RequestInit][] = []
  const client = createClient({
    url: 'http://service',
    apiKey: 'rq_key',
    fetch: (url, init) => {
      requests.push([url as string, init!])
      return Promise.resolve(Response.json({ filePath: 'a.mp4' }))
    },
  })
  await client.files.uploadToUrl('http://other/files/a.mp4?sig=x', 'content')
  await client.files.upload('a.mp4', 'content')
  expect(requests.map(([url]) => url)).toEqual([
    'http://other/files/a.mp4?sig=x',
    'http://service/files/a.mp4',
  ])
  expect(requests.map(([, { headers }]) => JSON.stringify(headers))).toEqual([
    '{}',
    '{"Authorization":"Bearer rq_key"}',
  ])
})

const FAILURE = 'GET http://service/health did not reach the service: Failed to fetch'
const ADVICE = '. If the service can be reached, its setting CORS_ORIGINS must contain http://page.'

it.for([
  ['of another origin', 'http://page', true, FAILURE + ADVICE],
  ['of the origin of the service', 'http://service', true, FAILURE],
  ['without a network', 'http://page', false, FAILURE],
] as const)('a failed request from a page %s', async ([, origin, onLine, message]) => {
  vi.stubGlobal('location', { origin })
  vi.stubGlobal('navigator', { onLine })
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')))
  const failed = createClient({ url: 'http://service' }).health()
  await expect(failed).rejects.toMatchObject({ code: 'network_error', message })
})

it('without an address and a page, a job is not waited for without end', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to parse URL')))
  const waiting = createClient().waitFor('job_1')
  await expect(waiting).rejects.toMatchObject({ code: 'url_missing', isTemporary: false })
})
