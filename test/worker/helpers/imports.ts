/** Imports whose steps the test takes, with the file server of `fileServer.ts`. */
import { vi } from 'vitest'
import { env } from 'cloudflare:workers'
import type { CreateJobs } from '../../../src/contract/job.ts'
import type { Source } from '../../../src/contract/source.ts'
import { type Caller, ROOT } from '../../../src/domain/caller.ts'
import { toHex } from '../../../src/domain/digest.ts'
import type { WorkerPlatform } from '../../../src/platform/platform.ts'
import type { ImportWakeUp } from '../../../src/services/ports.ts'
import { runImportStep } from '../../../src/services/imports/runImportStep.ts'
import { createJobs } from '../../../src/services/jobs/createJobs.ts'
import { openPlatform } from './database.ts'
import { makeRemoteFile } from './remoteFile.ts'

/** Returns a URL that no other test uses, also in files that run at the same time and share the server. */
export function remoteUrl(query = '', host = 'files.example.com'): string {
  return `https://${host}/${crypto.randomUUID()}.mp4?${query}`
}

export async function listRequests(url: string): Promise<Record<string, string>[]> {
  return (await fetch(`https://log.example.com/?url=${encodeURIComponent(url)}`)).json()
}

/** @param changes replaces members of the platform */
export function openImports(changes: Partial<WorkerPlatform> = {}) {
  const { platform, settled } = openPlatform()
  let waiting: { filePath: string; at: number }[] = []
  const own: WorkerPlatform = {
    ...platform,
    // Miniflare does not tell that an answer was cut.
    remoteFiles: { ...platform.remoteFiles, idleMs: 300 },
    ...changes,
    wakeImports: async (wakeUps: readonly ImportWakeUp[]) => {
      const at = Date.now()
      waiting.push(
        ...wakeUps.map(({ filePath, delaySeconds }) => ({
          filePath,
          at: at + delaySeconds * 1000,
        })),
      )
    },
  }
  /** Delivers one message that is due. Returns false if there is none. */
  const step = async (): Promise<boolean> => {
    await settled()
    const next = waiting.find(({ at }) => at <= Date.now())
    if (!next) {
      return false
    }
    waiting = waiting.filter((one) => one !== next)
    await runImportStep(own, next.filePath)
    await settled()
    return true
  }
  const run = async () => {
    let isBusy = true
    while (isBusy) {
      isBusy = await step()
    }
  }
  const createFrom = async (
    source: Source,
    caller: Caller = ROOT,
    fields: Partial<CreateJobs> = {},
  ) => {
    const { filePath } = source
    const request = { filePath, source, transformations: ['w_64'], queue: 'default', ...fields }
    const created = await createJobs(own, caller, request, null)
    await settled()
    if (!created.ok) {
      throw new Error(created.message)
    }
    return created.jobs
  }
  return {
    platform: own,
    settled,
    step,
    run,
    /** Delivers all messages, and moves the clock to the later ones. */
    runAll: async () => {
      await run()
      while (waiting.length > 0) {
        vi.setSystemTime(Math.min(...waiting.map(({ at }) => at)))
        await run()
      }
    },
    loseMessages: () => (waiting = []),
    create: (
      filePath: string,
      url: string,
      {
        headers,
        caller,
        ...more
      }: Partial<CreateJobs> & {
        headers?: Record<string, string>
        caller?: Caller
      } = {},
    ) => createFrom({ url, filePath, ...(headers && { headers }) }, caller, more),
    createFrom,
  }
}

export function digest(bytes: ArrayBuffer | Uint8Array<ArrayBuffer>): Promise<string> {
  return crypto.subtle.digest('SHA-256', bytes).then(toHex)
}

/** Returns the version of a stored remote file; null if nothing, and 'mixed' if other bytes are stored. */
export async function storedVersion(filePath: string): Promise<number | 'mixed' | null> {
  const object = await env.ORIGINALS.get(filePath)
  if (!object) {
    return null
  }
  const stored = await digest(await object.arrayBuffer())
  for (const version of [1, 2, 3]) {
    if (stored === (await digest(makeRemoteFile(object.size, version)))) {
      return version
    }
  }
  return 'mixed'
}
