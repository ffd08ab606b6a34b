/**
 * Tells the Worker the protocol of its clients, if `npm start` runs behind a proxy that terminates
 * TLS. The URLs of signed requests and of event streams begin with it. bundle.ts puts this module
 * next to the bundle, and workerHost.ts has the Worker use it.
 */
import type { ExportedHandler, Request as WorkerRequest } from '@cloudflare/workers-types'

/** Replaces the protocol of a request's URL by that of its header `X-Forwarded-Proto`. */
export function useForwardedProtocol<Env>(worker: ExportedHandler<Env>): ExportedHandler<Env> {
  return {
    ...worker,
    fetch(request, env, ctx) {
      const header = request.headers.get('X-Forwarded-Proto')
      // The request is copied only if it has the header, because the copy takes time.
      const changed = header === null ? request : changeProtocol(request, header)
      return worker.fetch!(changed, env, ctx)
    },
  }
}

function changeProtocol<R extends Pick<WorkerRequest, 'url'>>(request: R, header: string): R {
  const protocol = header.split(',')[0]!.trim().toLowerCase()
  if (protocol !== 'http' && protocol !== 'https') {
    return request
  }
  const url = new URL(request.url)
  url.protocol = protocol
  return new Request(url, request as unknown as Request) as unknown as R
}
