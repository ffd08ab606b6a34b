/** Makes the clip of the demo, and probes files. */
import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'

const SECONDS = 6

export function makeClip(path: string): void {
  run('ffmpeg', [
    '-v',
    'error',
    '-nostdin',
    '-y',
    '-f',
    'lavfi',
    '-i',
    'testsrc2=size=1280x720:rate=30',
    '-f',
    'lavfi',
    '-i',
    'sine=frequency=440',
    '-t',
    String(SECONDS),
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
    '-pix_fmt',
    'yuv420p',
    '-c:a',
    'aac',
    '-movflags',
    '+faststart',
    path,
  ])
}

interface Probe {
  format: { duration?: string; format_name: string }
  streams: { codec_name: string; width?: number; height?: number }[]
}

export function probe(path: string) {
  const json = run('ffprobe', ['-v', 'error', '-of', 'json', '-show_format', '-show_streams', path])
  const { format, streams } = JSON.parse(json) as Probe
  const video = streams.find(({ width }) => width !== undefined)
  return {
    codecs: streams.map(({ codec_name }) => codec_name).join(' + '),
    size: video ? `${video.width} × ${video.height}` : '–',
    // ffprobe reports the duration of one frame for an image.
    duration:
      !/image2|_pipe$/.test(format.format_name) && format.duration
        ? `${Number(format.duration).toFixed(2)} s`
        : '–',
    bytes: statSync(path).size,
  }
}

function run(program: string, args: string[]): string {
  const { status, error, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) {
    throw new Error(`${program} failed: ${error?.message ?? stderr}`)
  }
  return stdout
}
