/** Asks the service what is at a URL, and reads its responses. */
import type { Playable } from './showMedia.ts'

export interface Making {
  state: 'making'
  jobId: string
  statusUrl: string
  /** Seconds after which the request can be sent again. */
  seconds: number
}

type Found =
  | ({ state: 'ready' } & Playable)
  | Making
  /** The service cannot respond now. */
  | { state: 'later'; message: string; seconds: number }
  | { state: 'refused'; message: string }

const PLAYLIST = 'application/vnd.apple.mpegurl'

/** @throws if the service cannot be reached */
export async function findMedia(url: string): Promise<Found> {
  // A variant that does not exist yet is requested by this: a HEAD request would not create its job.
  const response = await fetch(url, { headers: { Range: 'bytes=0-0' } })
  const seconds = Number(response.headers.get('Retry-After') ?? 5)
  if (response.status === 202) {
    const { jobId, statusUrl } = (await response.json()) as Making
    return { state: 'making', jobId, statusUrl, seconds }
  }
  if (!response.ok) {
    const message = await readMessage(response)
    const isTemporary = response.status === 429 || response.status >= 500
    return isTemporary ? { state: 'later', message, seconds } : { state: 'refused', message }
  }
  await response.body?.cancel()
  const type = response.headers.get('Content-Type') ?? ''
  // The URL of a stream redirects to its playlist.
  return { state: 'ready', url: response.url, type: type === PLAYLIST ? 'stream' : type }
}

async function readMessage(response: Response): Promise<string> {
  try {
    return ((await response.json()) as { message: string }).message
  } catch {
    return `The service responded with the status ${response.status}.`
  }
}
