/** Writes to the connection of one client of an event stream, and bounds what it has unsent. */

/** A client with more unsent bytes is disconnected. It resumes from the event log. */
export const MAX_UNSENT_BYTES = 1024 * 1024
/** What the client missed is read from the log when it has less than this unsent. */
const MAX_MISSED_AHEAD_BYTES = 64 * 1024

export class ClientWriter {
  /** The body of the response. */
  readonly body: ReadableStream<Uint8Array>
  private controller!: ReadableStreamDefaultController<Uint8Array>
  private readonly onLost: () => void
  private isEnded = false
  /** New events, while the client is sent those that it missed; null when it has received them. */
  private held: Uint8Array[] | null = []
  private heldBytes = 0
  /** Resolves the wait of `writeMissed`. */
  private resume: (() => void) | null = null

  /** @param onLost is called when the client has disconnected or is too slow */
  constructor(onLost: () => void) {
    this.onLost = onLost
    const source: UnderlyingSource<Uint8Array> = {
      start: (controller) => void (this.controller = controller as typeof this.controller),
      pull: () => this.onPull(),
      cancel: () => this.lose(),
    }
    const size = (bytes?: Uint8Array) => bytes!.length
    this.body = new ReadableStream(source, { highWaterMark: MAX_UNSENT_BYTES, size })
  }

  /** The runtime calls it for each chunk that it takes, until it returns a promise. */
  private onPull(): void | Promise<void> {
    this.resume?.()
    if (this.held === null) {
      return new Promise(() => undefined)
    }
  }

  private get unsentBytes(): number {
    return MAX_UNSENT_BYTES - this.controller.desiredSize! + this.heldBytes
  }

  write(bytes: Uint8Array): void {
    if (this.isEnded) {
      return
    }
    this.controller.enqueue(bytes)
    this.checkUnsent()
  }

  /** Writes a new event, after those that the client missed. */
  writeNew(bytes: Uint8Array): void {
    if (this.held === null) {
      this.write(bytes)
    } else if (!this.isEnded) {
      this.held.push(bytes)
      this.heldBytes += bytes.length
      this.checkUnsent()
    }
  }

  /** Resolves when the client can take more; with false if it is lost. */
  async writeMissed(bytes: Uint8Array): Promise<boolean> {
    this.write(bytes)
    while (!this.isEnded && this.unsentBytes - this.heldBytes > MAX_MISSED_AHEAD_BYTES) {
      await new Promise<void>((resolve) => (this.resume = resolve))
      this.resume = null
    }
    return !this.isEnded
  }

  /** The client was sent what it missed. New events follow. */
  releaseNew(): void {
    const held = this.held ?? []
    this.held = null
    this.heldBytes = 0
    for (const bytes of held) {
      this.write(bytes)
    }
  }

  private checkUnsent(): void {
    if (this.unsentBytes > MAX_UNSENT_BYTES) {
      this.controller.error(new Error('The client is too slow.'))
      this.lose()
    }
  }

  private lose(): void {
    this.stop()
    this.onLost()
  }

  private stop(): void {
    this.isEnded = true
    this.held = null
    this.resume?.()
  }

  /** Ends the response. What is unsent can still be sent. */
  close(): void {
    if (!this.isEnded) {
      this.stop()
      this.controller.close()
    }
  }
}
