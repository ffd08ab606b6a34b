/** Wakes the imports of which a step is due: those whose message was lost or whose Worker has died. */
import { listDueImports } from '../../db/imports.ts'
import type { Platform } from '../ports.ts'

const MAX_IMPORTS = 100

export async function wakeDueImports(platform: Platform): Promise<void> {
  const due = await listDueImports(platform.db, Date.now(), MAX_IMPORTS)
  await platform.wakeImports(due.map((filePath) => ({ filePath, delaySeconds: 0 })))
}
