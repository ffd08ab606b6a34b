/** Clips made for the tests, and what ffprobe says of a result. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * An MP4 with its index at the end, so that cutting it short makes it unreadable.
 *
 * @param options `crf` 51 makes it small, and an encode of it as long as that of any other
 */
export function clip({ size = '640x360', seconds = 2, crf = 23 } = {}): Uint8Array<ArrayBuffer> {
  return inFolder((folder) => {
    const path = join(folder, 'clip.mp4')
    execFileSync('ffmpeg', [
      '-v',
      'error',
      '-nostdin',
      '-f',
      'lavfi',
      '-i',
      `testsrc2=size=${size}:rate=30`,
      '-f',
      'lavfi',
      '-i',
      'sine=frequency=440',
      '-t',
      String(seconds),
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-crf',
      String(crf),
      '-pix_fmt',
      'yuv420p',
      '-c:a',
      'aac',
      path,
    ])
    return Uint8Array.from(readFileSync(path))
  })
}

interface Probe {
  format: { format_name: string; duration?: string }
  streams: { codec_name: string; width?: number; height?: number }[]
}

export function probe(bytes: Uint8Array): Probe {
  return inFolder((folder) => {
    const path = join(folder, 'result')
    writeFileSync(path, bytes)
    const args = ['-v', 'error', '-of', 'json', '-show_format', '-show_streams', path]
    return JSON.parse(execFileSync('ffprobe', args, { encoding: 'utf8' })) as Probe
  })
}

function inFolder<Result>(use: (folder: string) => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), 'reelqueue-media-'))
  try {
    return use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
