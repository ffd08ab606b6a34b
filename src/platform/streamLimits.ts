/** Limits the open event streams of an API key, and those of visitors. */

/** The streams that are counted together, and how many of them may be open. */
export interface StreamLimit {
  /** `key_…`, or VISITORS. */
  owner: string
  max: number
  /** Maximum for the visitors of one network; null for API keys. */
  perClient: { network: string; max: number } | null
}

/** The owner of the streams of all visitors. */
export const VISITORS = 'visitors'

/**
 * Returns a socket that counts as one stream until it is closed. If the limiter closes the socket,
 * or the connection to it is lost, the stream is no longer counted and must end. Returns null if
 * the limit is reached.
 */
export async function takeStream(
  namespace: Env['STREAM_LIMITERS'],
  { owner, max, perClient }: StreamLimit,
): Promise<WebSocket | null> {
  const query = new URLSearchParams({ max: String(max) })
  if (perClient !== null) {
    query.set('client', perClient.network)
    query.set('maxOfClient', String(perClient.max))
  }
  const response = await namespace
    .getByName(owner)
    .fetch(`http://limiter/?${query}`, { headers: { Upgrade: 'websocket' } })
  if (response.status === 429) {
    return null
  }
  if (!response.webSocket) {
    throw new Error(`the stream limiter returned ${response.status} for a WebSocket upgrade`)
  }
  return response.webSocket
}
