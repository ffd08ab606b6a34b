/**
 * Wakes the dispatcher of webhooks when the event log may have new events. A service without webhooks sends
 * no message: the hub remembers in its storage whether there has been an endpoint.
 */
import { describeError, logError } from '../log.ts'
import { sendWakeUps } from '../platform/webhookQueue.ts'

const USED_KEY = 'usesWebhooks'

export class WebhookWaker {
  private isUsed: boolean | null = null
  private isRequested = false
  private sending: Promise<void> | null = null
  private readonly storage: DurableObjectStorage
  private readonly queue: Queue

  constructor(storage: DurableObjectStorage, queue: Queue) {
    this.storage = storage
    this.queue = queue
  }

  /** Records that there are endpoints. */
  use(): void {
    this.isUsed = true
    this.storage.kv.put(USED_KEY, true)
  }

  /**
   * Sends a message. Calls while one is being sent are answered by one further message.
   *
   * @param defer keeps the object alive until the message is sent
   */
  wake(defer: (work: Promise<void>) => void): void {
    this.isUsed ??= this.storage.kv.get<boolean>(USED_KEY) ?? false
    if (!this.isUsed) {
      return
    }
    this.isRequested = true
    if (this.sending === null) {
      this.sending = this.send().finally(() => (this.sending = null))
      defer(this.sending)
    }
  }

  private async send(): Promise<void> {
    while (this.isRequested) {
      this.isRequested = false
      try {
        await sendWakeUps(this.queue, [{ delaySeconds: 0 }])
      } catch (error) {
        // The cron trigger wakes the dispatcher too.
        logError('webhook_wake_failed', { error: describeError(error) })
      }
    }
  }
}
