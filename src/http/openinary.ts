/**
 * The API under the base path `/openinary`, for clients that were written for Openinary: the status of a
 * running job is `processing`, and jobs also have fields in snake_case. docs/guides/moving.md lists what is
 * changed. It is served if COMPATIBILITY is "openinary"; all other paths keep their contract.
 */

const BASE = '/openinary'
/** The paths whose responses have a status. */
const TRANSLATED = /^\/(queue|video-status)\//
const RUNNING = 'running'
const PROCESSING = 'processing'

type Fetch = (request: Request, env: Env, context: ExecutionContext) => Response | Promise<Response>

export function serveOpeninary(fetch: Fetch): Fetch {
  return (request, env, context) => {
    if (env.COMPATIBILITY !== 'openinary') {
      return fetch(request, env, context)
    }
    const url = new URL(request.url)
    if (!url.pathname.startsWith(`${BASE}/`)) {
      return fetch(request, env, context)
    }
    url.pathname = url.pathname.slice(BASE.length)
    if (url.searchParams.get('status') === PROCESSING) {
      url.searchParams.set('status', RUNNING)
    }
    return translate(url.pathname, fetch(new Request(url, request), env, context))
  }
}

async function translate(path: string, answer: Response | Promise<Response>): Promise<Response> {
  const response = await answer
  const type = response.headers.get('Content-Type') ?? ''
  const isTranslated = response.ok && response.body !== null && TRANSLATED.test(path)
  const body =
    isTranslated && type.startsWith('application/json')
      ? JSON.stringify(translateJson(await response.json()))
      : isTranslated && type.startsWith('text/event-stream')
        ? response.body.pipeThrough(new TransformStream(createEventTranslator()))
        : response.body
  const translated = new Response(body, response)
  // The hooks send cookies. Without this header, a browser hides the response from pages of another origin.
  // Sessions accept no request from one.
  if (translated.headers.has('Access-Control-Allow-Origin')) {
    translated.headers.set('Access-Control-Allow-Credentials', 'true')
  }
  return translated
}

interface Body {
  status?: string
  filePath?: string
  running?: number
  jobs?: Body[]
  createdAt?: string
  startedAt?: string | null
  completedAt?: string | null
  attempt?: number
  maxAttempts?: number
}

/** Translates a list of jobs, a job, a status or the number of jobs by status. */
function translateJson(body: Body): object {
  if (body.jobs !== undefined) {
    return { ...body, jobs: body.jobs.map(translateJson) }
  }
  const status = body.status === RUNNING ? PROCESSING : body.status
  return {
    ...body,
    ...(status !== undefined && { status }),
    ...(typeof body.running === 'number' && { processing: body.running }),
    ...(body.filePath !== undefined && {
      file_path: body.filePath,
      created_at: toMilliseconds(body.createdAt),
      started_at: toMilliseconds(body.startedAt),
      completed_at: toMilliseconds(body.completedAt),
      retry_count: Math.max(0, (body.attempt ?? 0) - 1),
      max_retries: (body.maxAttempts ?? 1) - 1,
    }),
  }
}

function toMilliseconds(time: string | null | undefined): number | null {
  return time ? Date.parse(time) : null
}

/** Translates whole lines, because an event can arrive in pieces. */
function createEventTranslator(): Transformer<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder()
  const encoder = new TextEncoder()
  let rest = ''
  return {
    transform(chunk, controller) {
      const text = rest + decoder.decode(chunk, { stream: true })
      const end = text.lastIndexOf('\n') + 1
      rest = text.slice(end)
      // The quotes in a path have a backslash, so it cannot contain this.
      const translated = text
        .slice(0, end)
        .replaceAll(`"status":"${RUNNING}"`, `"status":"${PROCESSING}"`)
      controller.enqueue(encoder.encode(translated))
    },
  }
}
