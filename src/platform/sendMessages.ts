/** Sends messages to a queue of Cloudflare. */

/** `Queue.sendBatch` accepts up to 100 messages, and at least one. */
export const MAX_BATCH_MESSAGES = 100

export async function sendMessages(queue: Queue, messages: MessageSendRequest[]): Promise<void> {
  for (let from = 0; from < messages.length; from += MAX_BATCH_MESSAGES) {
    await queue.sendBatch(messages.slice(from, from + MAX_BATCH_MESSAGES))
  }
}
