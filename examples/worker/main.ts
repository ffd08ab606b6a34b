/**
 * Backend of a page with user uploads. It holds the API key: it signs a URL for each upload, and
 * submits the uploaded file. It passes on what visitors may read, so that the page needs no CORS.
 */
import { createClient, ReelqueueError, transform } from '@reelqueue/client'

interface Env {
  /** Address of Reelqueue, if it is not bound as a service. */
  REELQUEUE_URL: string
  REELQUEUE_API_KEY: string
  /** Reelqueue's Worker, if it is in the same account. */
  REELQUEUE?: Fetcher
  /** The files of the page. */
  ASSETS: Fetcher
}

const FOLDER = 'uploads/'
const MAX_BYTES = 100_000_000
const EXTENSION = /\.(mp4|mov|webm|mkv)$/i
/** The variants of each upload. The page shows them by the same transformations. */
const VARIANTS = [transform().width(320), transform().width(320).thumbnail(true)]
/** Paths that visitors may request, by method. The service accepts a PUT only with a signature. */
const PASSED_ON: Record<string, RegExp> = {
  GET: /^\/(t|video-status|queue\/events)(\/|$)/,
  PUT: /^\/files\//,
}

export default {
  async fetch(request, env) {
    const { pathname, search } = new URL(request.url)
    try {
      if (PASSED_ON[request.method]?.test(pathname)) {
        return await passOn(request, env, pathname + search)
      }
      // Sign your users in, and check here who may upload.
      if (request.method === 'POST' && pathname === '/api/uploads') {
        return await signUpload(await request.json(), env)
      }
      if (request.method === 'POST' && pathname === '/api/videos') {
        return await submit(await request.json(), env)
      }
    } catch (error) {
      if (error instanceof SyntaxError) {
        return rejected('The body must be JSON.')
      }
      if (!(error instanceof ReelqueueError)) {
        throw error
      }
      const { code, message, status } = error
      return Response.json({ code, message }, { status: status >= 400 && status < 500 ? 400 : 502 })
    }
    return env.ASSETS.fetch(request)
  },
} satisfies ExportedHandler<Env>

async function signUpload(body: unknown, env: Env): Promise<Response> {
  const extension = EXTENSION.exec(readText(body, 'fileName'))?.[0].toLowerCase()
  if (extension === undefined) {
    return rejected('fileName must end in .mp4, .mov, .webm or .mkv.')
  }
  // A name of our own: no user can name the file of another.
  const filePath = `${FOLDER}${crypto.randomUUID()}${extension}`
  const { url } = await connect(env).sign({
    method: 'PUT',
    path: filePath,
    expiresInSeconds: 600,
    maxBytes: MAX_BYTES,
  })
  const { pathname, search } = new URL(url)
  return Response.json({ filePath, uploadUrl: pathname + search }, { status: 201 })
}

async function submit(body: unknown, env: Env): Promise<Response> {
  const filePath = readText(body, 'filePath')
  if (!filePath.startsWith(FOLDER)) {
    return rejected(`filePath must begin with ${FOLDER}.`)
  }
  const jobs = await connect(env).jobs.create({ filePath, transformations: VARIANTS })
  return Response.json({ jobs: jobs.map(({ id }) => id) }, { status: 202 })
}

function connect(env: Env) {
  return createClient({
    url: env.REELQUEUE_URL,
    apiKey: env.REELQUEUE_API_KEY,
    fetch: (input, init) => fetchFrom(env, new Request(input, init)),
  })
}

/** Passes a request on as it is. It has no API key, so it may do what visitors may. */
function passOn(request: Request, env: Env, path: string): Promise<Response> {
  return fetchFrom(env, new Request(`${env.REELQUEUE_URL}${path}`, request))
}

function fetchFrom({ REELQUEUE }: Env, request: Request): Promise<Response> {
  return REELQUEUE ? REELQUEUE.fetch(request) : fetch(request)
}

function readText(body: unknown, name: string): string {
  const value = (body as Record<string, unknown> | null)?.[name]
  return typeof value === 'string' ? value : ''
}

function rejected(message: string): Response {
  return Response.json({ message }, { status: 400 })
}
