import { readReason } from './signals.ts'

/**
 * Sends a request with XMLHttpRequest, because `fetch` does not tell how much of a body was sent.
 * Browsers and React Native have it.
 */
export function sendWithProgress(
  url: string,
  { method = 'GET', headers, body, signal, credentials }: RequestInit,
  onProgress: (sentBytes: number) => void,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open(method, url)
    request.withCredentials = credentials === 'include'
    for (const [name, value] of Object.entries((headers ?? {}) as Record<string, string>)) {
      request.setRequestHeader(name, value)
    }
    request.upload.onprogress = ({ loaded }) => onProgress(loaded)
    request.onload = () => resolve(toResponse(request))
    request.onerror = () => reject(new TypeError('The connection failed'))
    request.onabort = () => reject(readReason(signal!))
    if (signal?.aborted) {
      return reject(readReason(signal))
    }
    const abort = () => request.abort()
    signal?.addEventListener('abort', abort)
    request.onloadend = () => signal?.removeEventListener('abort', abort)
    request.send(body as XMLHttpRequestBodyInit)
  })
}

function toResponse(request: XMLHttpRequest): Response {
  const headers = new Headers()
  for (const name of ['Retry-After', 'ETag']) {
    const value = request.getResponseHeader(name)
    if (value !== null) {
      headers.set(name, value)
    }
  }
  return new Response(request.responseText, { status: request.status, headers })
}
