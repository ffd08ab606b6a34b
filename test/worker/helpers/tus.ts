/** Sends requests of the tus protocol. */
import { API_KEY, visit } from './requests.ts'

export const MIB = 1024 * 1024
const VERSION = { 'Tus-Resumable': '1.0.0' }

/** Encodes `Upload-Metadata`. */
export function metadata(values: Record<string, string>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key} ${btoa(value)}`)
    .join(',')
}

/** Sends a request with the root API key, unless `headers` has another one. */
export function tus(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: BodyInit,
): Promise<Response> {
  const init = { method, headers: { ...VERSION, ...API_KEY, ...headers } }
  return visit(path, body === undefined ? init : { ...init, body })
}

/** Creates an upload of a file with this path. Returns its path. */
export async function createUpload(
  filePath: string,
  length: number | null,
  headers: Record<string, string> = {},
): Promise<string> {
  const response = await tus('POST', '/tus', {
    'Upload-Metadata': metadata({ filePath }),
    ...(length === null ? { 'Upload-Defer-Length': '1' } : { 'Upload-Length': String(length) }),
    ...headers,
  })
  return readLocation(response)
}

export async function readLocation(response: Response): Promise<string> {
  if (response.status !== 201) {
    throw new Error(`expected 201, got ${response.status}: ${await response.text()}`)
  }
  const { pathname, search } = new URL(response.headers.get('Location')!)
  return pathname + search
}

/** Appends bytes to an upload. */
export function append(
  path: string,
  offset: number,
  body?: BodyInit,
  headers: Record<string, string> = {},
): Promise<Response> {
  const own = { 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': String(offset) }
  return tus('PATCH', path, { ...own, ...headers }, body)
}

/** Reads the offset of an upload. */
export async function readOffset(path: string): Promise<number | null> {
  const response = await tus('HEAD', path)
  return response.ok ? Number(response.headers.get('Upload-Offset')) : null
}

/** A body that announces `size` bytes, of which `sent` are sent before the connection is lost. */
export function cutBody(bytes: Uint8Array, size: number): ReadableStream {
  const { readable, writable } = new FixedLengthStream(size)
  const writer = writable.getWriter()
  void writer
    .write(bytes)
    .then(() => writer.abort(new Error('connection lost')))
    .catch(() => undefined)
  return readable
}
