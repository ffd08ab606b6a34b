/** Makes encoders lossless, so that every decoded frame is exactly the one that was encoded. */

/** Options that set a quality or a bit rate. */
const RATE_OPTIONS = ['-crf', '-maxrate', '-bufsize', '-b:v']

/** Replaces the rate control in the arguments of ffmpeg. There is no lossless AV1. */
export function makeLossless(list: string[]): string[] {
  return list.flatMap((word, at) => {
    const before = list[at - 1] ?? ''
    if (RATE_OPTIONS.includes(word) || RATE_OPTIONS.includes(before)) {
      return []
    }
    switch (before) {
      case '-x265-params':
        return [`${word}:lossless=1`]
      case '-c:v':
        return [word, ...(LOSSLESS[word] ?? [])]
      default:
        return [word]
    }
  })
}

const LOSSLESS: Record<string, string[]> = {
  libx264: ['-qp', '0'],
  'libvpx-vp9': ['-lossless', '1'],
}
