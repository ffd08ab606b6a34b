/** Watches a folder for changes, by file system events and by polling. */
import { watch } from 'node:fs'

/** The folder is also polled: inotify may be unavailable, or have no watches left. */
const POLL_INTERVAL_MS = 1_000

/**
 * @param suffix ending of the names of the files to watch
 * @param onChange may also be called without a change
 * @returns a function that stops watching
 */
export function watchFolder(folder: string, suffix: string, onChange: () => void): () => void {
  const poll = setInterval(onChange, POLL_INTERVAL_MS)
  const watcher = tryWatch(folder, (name) => {
    if (name === null || name.endsWith(suffix)) {
      onChange()
    }
  })
  return () => {
    clearInterval(poll)
    watcher?.close()
  }
}

/** @returns null when the folder cannot be watched */
function tryWatch(folder: string, onEvent: (name: string | null) => void) {
  try {
    return watch(folder, (_, name) => onEvent(name)).on('error', () => {})
  } catch {
    return null
  }
}
