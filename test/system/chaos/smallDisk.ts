/** Mounts a disk of a few MB, for tests of a full disk. */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'

/** Mounts a tmpfs at `folder`. Returns why that is not possible, or null. */
export function mountSmallDisk(folder: string, megabytes: number): string | null {
  mkdirSync(folder, { recursive: true })
  try {
    const options = `size=${megabytes}m`
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'reelqueue-test', folder], {
      stdio: 'pipe',
    })
    return null
  } catch (error) {
    return `a tmpfs cannot be mounted here: ${String((error as { stderr?: Buffer }).stderr ?? error).trim()}`
  }
}

export function unmount(folder: string) {
  return execFileSync('umount', [folder])
}
