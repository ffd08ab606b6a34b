/** Edit step: changes the speed of video and audio. */
import type { FileAudio, FileVideo } from '../editedOutput.ts'
import { formatDecimal } from '../numbers.ts'

export function changeVideoSpeed({ edits }: FileVideo): string[] {
  return edits.speed === 1 ? [] : [`setpts=PTS/${formatDecimal(edits.speed)}`]
}

/**
 * Changes the speed without changing the pitch. `atempo` skips samples above a factor of 2, and
 * rejects factors below 0.5, so two filters share a change beyond these factors.
 */
export function changeAudioSpeed({ speed }: FileAudio): string[] {
  if (speed === 1) {
    return []
  }
  const filters = speed > 2 || speed < 0.5 ? 2 : 1
  return Array.from({ length: filters }, () => `atempo=${(speed ** (1 / filters)).toFixed(6)}`)
}
