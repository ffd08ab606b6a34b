/**
 * Scratch folders, one for each attempt. They are named `reelqueue-<pid>-…`, so that a runner can
 * remove those whose process no longer exists.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'

/** @returns the absolute path of a new, empty folder */
export function createScratchFolder(parent: string): Promise<string> {
  return mkdtemp(join(resolve(parent), `reelqueue-${process.pid}-`))
}

/** Removes the files of a plan that is replaced by another one. */
export async function emptyScratchFolder(folder: string): Promise<void> {
  const names = await readdir(folder)
  await Promise.all(names.map((name) => removeScratchFolder(join(folder, name))))
}

export function removeScratchFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 3 })
}

/**
 * Removes the folders of runners that have ended. Call it before the first attempt: folders with
 * this process's own id are removed too, because in a container each start may get the same id.
 *
 * @returns the number of folders that were removed
 */
export async function removeStaleScratchFolders(parent: string): Promise<number> {
  const names = await readdir(parent).catch(() => [])
  const stale = names.filter((name) => {
    const pid = Number(/^reelqueue-(\d+)-\w+$/.exec(name)?.[1])
    return Number.isSafeInteger(pid) && pid > 0 && (pid === process.pid || !isAlive(pid))
  })
  await Promise.all(stale.map((name) => removeScratchFolder(join(parent, name))))
  return stale.length
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: the process exists, and belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
