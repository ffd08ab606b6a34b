/** Writes an object or a part piece by piece, to a store that takes a stream of known size. */
import type { SizedBody } from './objectStore.ts'

const PADDING = new Uint8Array(128 * 1024)

export class StreamSink<Result> {
  writtenBytes = 0
  private readonly sizeBytes: number
  private readonly writer: WritableStreamDefaultWriter<Uint8Array>
  private readonly stored: Promise<Result>
  private readonly failed: Promise<never>

  constructor(sizeBytes: number, put: (content: SizedBody) => Promise<Result>) {
    this.sizeBytes = sizeBytes
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    this.writer = writable.getWriter()
    this.stored = put({ body: readable, sizeBytes })
    // Nothing reads the stream any more when `put` has ended, so a write would not end.
    this.failed = this.stored.then((result) => {
      throw new EndedEarly(result)
    })
    this.failed.catch(() => undefined)
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.writtenBytes += bytes.length
    await Promise.race([this.writer.write(bytes), this.failed])
  }

  /** Ends a body that is complete, and returns the result of `put`. */
  async finish(): Promise<Result> {
    await this.writer.close().catch(() => undefined)
    return this.stored
  }

  /** Fills the rest of the size with zeros, and ends the body. */
  async finishPadded(): Promise<Result> {
    while (this.writtenBytes < this.sizeBytes) {
      await this.write(PADDING.subarray(0, this.sizeBytes - this.writtenBytes))
    }
    return this.finish()
  }

  /** Makes `put` fail, so that it stores nothing. The body must not be complete. */
  async abort(): Promise<void> {
    await this.writer.abort(new Error('aborted')).catch(() => undefined)
    await this.stored.catch(() => undefined)
  }
}

/** `put` has ended before its body. */
export class EndedEarly extends Error {
  override name = 'EndedEarly'
  readonly result: unknown
  constructor(result: unknown) {
    super('the store ended the request before its body')
    this.result = result
  }
}
