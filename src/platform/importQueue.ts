/**
 * Messages that have a step of an import or of an export taken. What is to be done is in the database, so a duplicated
 * message does no harm, and the cron trigger makes up for a lost one.
 */
import { z } from 'zod'
import { describeError, logError } from '../log.ts'
import { runExportSteps } from '../services/exports/runExportStep.ts'
import { runImportStep } from '../services/imports/runImportStep.ts'
import type { ExportWakeUp, ImportWakeUp, Platform } from '../services/ports.ts'
import { sendMessages } from './sendMessages.ts'

const wakeUp = z.union([z.object({ filePath: z.string() }), z.object({ exportOf: z.string() })])
type WakeUp = z.infer<typeof wakeUp>

export function sendImportWakeUps(queue: Queue, wakeUps: readonly ImportWakeUp[]): Promise<void> {
  return sendMessages(
    queue,
    wakeUps.map(({ filePath, delaySeconds }) => ({ body: { filePath }, delaySeconds })),
  )
}

export function sendExportWakeUps(queue: Queue, wakeUps: readonly ExportWakeUp[]): Promise<void> {
  return sendMessages(
    queue,
    wakeUps.map(({ jobId, delaySeconds }) => ({ body: { exportOf: jobId }, delaySeconds })),
  )
}

/** Takes a step of each import and export of a batch. Nothing is retried. */
export async function consumeImportWakeUps(batch: MessageBatch, platform: Platform): Promise<void> {
  for (const { body } of batch.messages) {
    const { data } = wakeUp.safeParse(body)
    if (data) {
      await takeStep(platform, data).catch((error: unknown) =>
        logError('filePath' in data ? 'import_failed' : 'export_failed', {
          ...data,
          error: describeError(error),
        }),
      )
    }
  }
  batch.ackAll()
}

function takeStep(platform: Platform, data: WakeUp): Promise<void> {
  return 'filePath' in data
    ? runImportStep(platform, data.filePath)
    : runExportSteps(platform, data.exportOf)
}
