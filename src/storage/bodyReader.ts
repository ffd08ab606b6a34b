/**
 * Reads the body of a request, or of another server's response, in pieces of at most 128 KiB, and
 * notices when it ends early: the sender disconnected, or sends nothing for a while.
 */

const PIECE_BYTES = 128 * 1024

export class BodyReader {
  /** True if the body ended before the sender had sent all of it. */
  isCut = false
  private receivedBytes = 0
  private hasEnded = false
  private readonly reader: ReadableStreamBYOBReader | null
  private readonly sizeBytes: number | null
  private readonly idleMs: number

  /**
   * @param sizeBytes null if it is not known
   * @param idleMs a body of which nothing arrives in this time counts as cut
   */
  constructor(body: ReadableStream<Uint8Array> | null, sizeBytes: number | null, idleMs: number) {
    this.sizeBytes = sizeBytes
    this.idleMs = idleMs
    this.reader = body?.getReader({ mode: 'byob' }) ?? null
    // A lost connection is noticed by `read`.
    this.reader?.closed.catch(() => undefined)
  }

  /** Bytes that have not been read yet; null if the size of the body is not known. */
  get remainingBytes(): number | null {
    return this.sizeBytes === null ? null : this.sizeBytes - this.receivedBytes
  }

  /** Returns up to `maxBytes` bytes as soon as some are there; null when there are no more. */
  async read(maxBytes: number): Promise<Uint8Array | null> {
    if (this.reader === null || this.hasEnded || maxBytes === 0) {
      return null
    }
    const view = new Uint8Array(Math.min(PIECE_BYTES, maxBytes))
    const result = await this.waitFor(this.reader.read(view))
    if (result === 'cut') {
      this.hasEnded = true
      this.isCut = true
      return null
    }
    if (result.done || !result.value) {
      this.hasEnded = true
      this.isCut ||= (this.remainingBytes ?? 0) > 0
      return null
    }
    this.receivedBytes += result.value.length
    return result.value
  }

  /** Ends the body as if the sender had disconnected. */
  cut(): void {
    this.isCut = true
    this.cancel()
  }

  /** Tells the sender that nothing more is read. */
  cancel(): void {
    this.hasEnded = true
    this.reader?.cancel().catch(() => undefined)
  }

  private async waitFor<Result>(reading: Promise<Result>): Promise<Result | 'cut'> {
    let timer: number | null = null
    const idle = new Promise<'cut'>((resolve) => {
      timer = setTimeout(() => resolve('cut'), this.idleMs)
    })
    try {
      // A connection that is lost rejects the read.
      return await Promise.race([reading.catch(() => 'cut' as const), idle])
    } finally {
      clearTimeout(timer)
    }
  }
}
