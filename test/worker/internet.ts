/** The internet of the tests: receivers of webhooks, file servers, and a DNS resolver. Miniflare calls it in Node.js. */
import { request as sendRequest } from 'node:http'
import { Readable } from 'node:stream'
import { type Miniflare, type Request, Response } from 'miniflare'
import { Webhook } from 'standardwebhooks'
import { respondAsFileServer, respondWithLog } from './fileServer.ts'

/** IPv4 and IPv6 addresses of names. Other names have a public address. */
const RECORDS: Record<string, string[]> = {
  'private.example.com': ['10.0.0.1'],
  'loopback.example.com': ['127.0.0.1'],
  'metadata.example.com': ['93.184.216.34', '169.254.169.254'],
  'mapped.example.com': ['::ffff:127.0.0.1'],
  'local-v6.example.com': ['93.184.216.34', 'fd00::1'],
  'v6.example.com': ['2606:4700::1111'],
  'nowhere.example.com': [],
  'private.files.example.com': ['192.168.1.20'],
}
/** Names that were resolved before, to change the address of `rebind-….example.com`. */
const resolved = new Set<string>()

/** Host of the S3 API of the buckets. Miniflare allows it no other name. */
const S3_HOST = 'localhost:9000'

export async function respondAsInternet(request: Request, miniflare: Miniflare): Promise<Response> {
  const url = new URL(request.url)
  if (url.host === S3_HOST) {
    return passOnToS3(request, await miniflare.ready)
  }
  if (url.hostname === 'log.example.com') {
    return respondWithLog(request)
  }
  if (url.hostname.endsWith('files.example.com')) {
    return respondAsFileServer(request)
  }
  if (url.hostname === 'cloudflare-dns.com') {
    return resolveName(url.searchParams.get('name')!, url.searchParams.get('type')!)
  }
  const headers = Object.fromEntries(request.headers)
  const [, action, argument] = url.pathname.split('/')
  switch (action) {
    case 'status':
      return new Response(null, { status: Number(argument), headers: { 'Retry-After': '7' } })
    case 'redirect':
      return new Response(null, {
        status: 307,
        headers: { Location: 'https://other.example.com/' },
      })
    case 'never':
      return new Promise(() => undefined)
    case 'slow-body':
      // No more follows.
      return new Response(
        new ReadableStream({
          start: (body) => body.enqueue(new TextEncoder().encode('the start')),
        }),
      )
    case 'long':
      return new Response('a'.repeat(1_000_000))
    case 'verify': {
      const body = await request.text()
      return new Response(null, { status: verifies(argument!, body, headers) ? 204 : 401 })
    }
    default: {
      const sent = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [
        name,
        headers[name],
      ])
      return Response.json({ headers: Object.fromEntries(sent), body: await request.text() })
    }
  }
}

/** Sends a request to the S3 API of Miniflare, with the header `Host` that is signed. */
function passOnToS3({ url, method, headers, body }: Request, { port }: URL): Promise<Response> {
  return new Promise((resolve, reject) => {
    const { host, pathname, search } = new URL(url)
    const sent = sendRequest(
      {
        port,
        method,
        path: `${pathname}${search}`,
        headers: { ...Object.fromEntries(headers), host },
      },
      (answer) => {
        const { statusCode = 0, headers: received } = answer
        const isEmpty = method === 'HEAD' || [204, 304].includes(statusCode)
        resolve(
          new Response(isEmpty ? null : Readable.toWeb(answer), {
            status: statusCode,
            headers: received as Record<string, string>,
          }),
        )
      },
    )
    sent.on('error', reject)
    if (body === null) {
      sent.end()
    } else {
      const source = Readable.fromWeb(body)
      source.on('error', () => sent.destroy())
      source.pipe(sent)
    }
  })
}

function verifies(secret: string, body: string, headers: Record<string, string>): boolean {
  try {
    new Webhook(decodeURIComponent(secret)).verify(body, headers)
    return true
  } catch {
    return false
  }
}

function resolveName(name: string, type: string): Response {
  if (name === 'unresolvable.example.com') {
    return new Response(null, { status: 503 })
  }
  if (name.startsWith('servfail')) {
    return Response.json({ Status: 2 })
  }
  const isRebound = name.startsWith('rebind-') && resolved.has(`${name} ${type}`)
  resolved.add(`${name} ${type}`)
  const addresses = isRebound ? ['127.0.0.1'] : (RECORDS[name] ?? ['93.184.216.34'])
  const code = type === 'A' ? 1 : 28
  const Answer = [
    { type: 5, data: 'alias.example.com.' },
    ...addresses
      .filter((address) => address.includes(':') === (code === 28))
      .map((data) => ({ type: code, data })),
  ]
  return Response.json(addresses.length === 0 ? { Status: 3 } : { Status: 0, Answer })
}
