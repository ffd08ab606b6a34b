/** Writes a list of files for ffmpeg's demuxer `concat`. */
import { formatDecimal } from '../edit/numbers.ts'

export interface ListedFile {
  /** Its name in the folder of the list. */
  name: string
  /** In seconds. The directives follow the file in this order. */
  directives: Partial<Record<'inpoint' | 'outpoint' | 'duration', number>>
}

export function formatFileList(files: readonly ListedFile[]): string {
  const entries = files.map(({ name, directives }) =>
    [
      `file ${name}`,
      ...Object.entries(directives).map(([key, seconds]) => `${key} ${formatDecimal(seconds, 6)}`),
    ].join('\n'),
  )
  return `ffconcat version 1.0\n${entries.join('\n')}\n`
}
