/**
 * Messages that have a step of an import taken. What is to be done is in the database, so a duplicated message does no
 * harm, and the cron trigger makes up for a lost one.
 */
import { z } from 'zod'
import { describeError, logError } from '../log.ts'
import { runImportStep } from '../services/imports/runImportStep.ts'
import type { ImportWakeUp, Platform } from '../services/ports.ts'
import { sendMessages } from './sendMessages.ts'

const wakeUp = z.object({ filePath: z.string() })

export function sendImportWakeUps(queue: Queue, wakeUps: readonly ImportWakeUp[]): Promise<void> {
  return sendMessages(
    queue,
    wakeUps.map(({ filePath, delaySeconds }) => ({ body: { filePath }, delaySeconds })),
  )
}

/** Takes a step of each import of a batch. Nothing is retried. */
export async function consumeImportWakeUps(batch: MessageBatch, platform: Platform): Promise<void> {
  for (const { body } of batch.messages) {
    const filePath = wakeUp.safeParse(body).data?.filePath
    if (filePath !== undefined) {
      await runImportStep(platform, filePath).catch((error: unknown) =>
        logError('import_failed', { filePath, error: describeError(error) }),
      )
    }
  }
  batch.ackAll()
}
