/**
 * Limits the threads of ffmpeg. By itself ffmpeg uses all cores that the system has, also if other
 * runners work on the same machine, or if its container may use less.
 */

/**
 * Adds options for the threads of decoders, filters and video encoders to a command.
 *
 * @param threads null for the defaults of ffmpeg
 */
export function limitThreads(list: readonly string[], threads: number | null): string[] {
  if (threads === null) {
    return [...list]
  }
  const limit = ['-threads', `${threads}`]
  const withLimit = list.flatMap((word, index) => {
    const isEncoder = word === '-c:v' && list[index + 1] !== 'copy'
    return word === '-i' || isEncoder ? [...limit, word] : [word]
  })
  return ['-filter_complex_threads', `${threads}`, ...withLimit]
}
