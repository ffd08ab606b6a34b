/**
 * Limits the threads of ffmpeg. By itself ffmpeg uses all cores that the system has, also if other
 * runners work on the same machine, or if its container may use less.
 */

/** Numbers of threads; null for the defaults of ffmpeg. */
export interface Threads {
  decoders: number | null
  /** For filters, and for each video encoder. */
  others: number | null
}

/** Adds options for the threads of decoders, filters and video encoders to a command. */
export function limitThreads(list: readonly string[], { decoders, others }: Threads): string[] {
  const withLimits = list.flatMap((word, index) => {
    const isEncoder = word === '-c:v' && list[index + 1] !== 'copy'
    const threads = word === '-i' ? decoders : isEncoder ? others : null
    return threads === null ? [word] : ['-threads', `${threads}`, word]
  })
  return others === null ? withLimits : ['-filter_complex_threads', `${others}`, ...withLimits]
}
