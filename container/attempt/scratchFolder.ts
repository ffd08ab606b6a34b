/**
 * Scratch folders: one an attempt, named `reelqueue-<pid>-…` so that a later runner can tell whose
 * they were. Owns making and removing them, and nothing in them.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** @returns the absolute path of a new empty folder that only this attempt uses */
export function createScratchFolder(parent: string): Promise<string> {
  return mkdtemp(join(parent, `reelqueue-${process.pid}-`))
}

export function removeScratchFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 3 })
}

/**
 * Removes what runners that are gone left behind. To be called before the first attempt: a folder
 * that carries this very process's id is then a leftover too (in a container every life of the
 * runner may have the same id).
 *
 * @returns how many folders were removed
 */
export async function removeStaleScratchFolders(parent: string): Promise<number> {
  const names = await readdir(parent).catch(() => [])
  const leftovers = names.filter((name) => {
    const pid = Number(/^reelqueue-(\d+)-\w+$/.exec(name)?.[1])
    return Number.isSafeInteger(pid) && pid > 0 && (pid === process.pid || !isAlive(pid))
  })
  await Promise.all(leftovers.map((name) => removeScratchFolder(join(parent, name))))
  return leftovers.length
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it lives, and belongs to someone else.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
