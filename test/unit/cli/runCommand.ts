/** Runs a command line against a service that returns what a test needs. */
import { vi } from 'vitest'
import { run } from '../../../src/cli/run.ts'

export const SERVICE = 'https://video.test'

export interface SentRequest {
  method: string
  /** Path and query, without the address of the service. */
  path: string
  body: unknown
}

/** Responds to a request. Without a result, it is 404. */
export type Service = (request: SentRequest) => Response | undefined

/** The program is not a terminal, has an API key, and no settings of this machine. */
export async function runCommand(args: string[], service: Service = () => undefined) {
  const requests: SentRequest[] = []
  const texts = { stdout: '', stderr: '' }
  vi.stubEnv('REELQUEUE_URL', SERVICE)
  vi.stubEnv('REELQUEUE_API_KEY', 'rq_key')
  vi.stubEnv('REELQUEUE_CONFIG', '/nonexistent/config.json')
  vi.stubEnv('FORCE_COLOR', '0')
  vi.stubGlobal('fetch', (url: string, init: RequestInit = {}) => {
    const { method = 'GET', body } = init
    const request = {
      method,
      path: url.replace(SERVICE, ''),
      body: typeof body === 'string' ? (JSON.parse(body) as unknown) : null,
    }
    requests.push(request)
    const missing = { code: 'not_found', message: 'There is no such route.', requestId: 'r' }
    return Promise.resolve(service(request) ?? Response.json(missing, { status: 404 }))
  })
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      texts[name] += String(text)
      return true
    }),
  )
  try {
    const code = await run('1.2.3', args)
    return { code, requests, ...texts }
  } finally {
    spies.forEach((spy) => spy.mockRestore())
    vi.unstubAllGlobals()
    vi.unstubAllEnvs()
  }
}
