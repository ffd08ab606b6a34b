/**
 * Measures frames, audio, chapters and subtitles of an output with ffmpeg and ffprobe, without the
 * code of the runner.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { args } from '../../fixtures/args.ts'

const execute = promisify(execFile)
const MAX_OUTPUT_BYTES = 64 * 1024 ** 2

/**
 * Reads the colours at these places of the frame at a second, as red, green and blue (0 to 255).
 * ffmpeg converts them to RGB by the colour tags of the file.
 */
export async function readPixelsAt(path: string, seconds: number, ...places: [number, number][]) {
  const list = args`-v error -ss ${seconds} -i ${path} -frames:v 1 -f image2pipe -c:v ppm -pix_fmt rgb24 -`
  const { stdout } = await execute('ffmpeg', list, {
    encoding: 'buffer',
    maxBuffer: MAX_OUTPUT_BYTES,
  })
  const { width, pixels } = readPpm(stdout)
  return places.map(([x, y]) => [...pixels.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)])
}

/** Reads an image in the format PPM: a header with the size, then three bytes for each pixel. */
function readPpm(image: Buffer): { width: number; pixels: Buffer } {
  const [header, width] = /^P6\s(\d+)\s\d+\s255\s/.exec(image.toString('latin1', 0, 32)) ?? []
  if (header === undefined) {
    throw new Error('ffmpeg returned no frame')
  }
  return { width: Number(width), pixels: image.subarray(header.length) }
}

/** Returns the name of a colour that the clips use, otherwise its numbers. */
export function nameColour([red = 0, green = 0, blue = 0]: number[] = []): string {
  const isNear = (value: number, expected: number) => Math.abs(value - expected) < 40
  const found = Object.entries(COLOURS).find(
    ([, [r, g, b]]) => isNear(red, r) && isNear(green, g) && isNear(blue, b),
  )
  return found?.[0] ?? `${red} ${green} ${blue}`
}

const COLOURS: Record<string, [number, number, number]> = {
  red: [255, 0, 0],
  lime: [0, 255, 0],
  blue: [0, 0, 255],
  white: [255, 255, 255],
  black: [0, 0, 0],
  gray: [128, 128, 128],
}

/** Reads the timestamp of each frame in seconds, in order. */
export async function readFrameTimes(path: string): Promise<number[]> {
  const list = args`-v error -select_streams v:0 -show_entries packet=pts_time`
  const { stdout } = await execute('ffprobe', args`${list} -of csv=p=0 ${path}`)
  return stdout
    .split(/\s+/)
    .filter(Boolean)
    .map(Number.parseFloat)
    .toSorted((a, b) => a - b)
}

async function runAudioFilter(path: string, filter: string): Promise<string> {
  const list = args`-hide_banner -nostats -i ${path} -af ${filter} -vn -f null -`
  return (await execute('ffmpeg', list)).stderr
}

/** Measures the loudness by EBU R128, in LUFS. */
export async function measureLoudness(path: string): Promise<number> {
  const stderr = await runAudioFilter(path, 'ebur128')
  return Number(/I:\s+(-?[\d.]+) LUFS/.exec(stderr.slice(stderr.lastIndexOf('Summary')))?.[1])
}

/** Measures the mean level of the audio in a part, in dB. */
export async function measureLevel(path: string, start: number, end: number): Promise<number> {
  const stderr = await runAudioFilter(path, `atrim=${start}:${end},volumedetect`)
  return Number(/mean_volume: (-?[\d.]+|-inf) dB/.exec(stderr)?.[1]?.replace('-inf', '-200'))
}

/** Measures the level of the audio at one frequency, in dB. */
export async function measureTone(path: string, hertz: number): Promise<number> {
  const stderr = await runAudioFilter(path, `bandpass=f=${hertz}:width_type=h:w=20,volumedetect`)
  return Number(/mean_volume: (-?[\d.]+) dB/.exec(stderr)?.[1])
}

/** Measures the similarity (SSIM) of two videos of the same size; 1 when they are equal. */
export async function measureSsim(path: string, original: string): Promise<number> {
  const list = args`-hide_banner -nostats -i ${path} -i ${original}`
  const { stderr } = await execute('ffmpeg', args`${list} -lavfi ssim -f null -`)
  return Number(/All:([\d.]+)/.exec(stderr)?.[1])
}

/** Reads the time from the first video packet to the first audio packet, in seconds. */
export async function readAudioOffset(path: string): Promise<number> {
  const first = async (stream: string) => {
    const list = args`-v error -select_streams ${stream} -show_entries packet=pts_time`
    const { stdout } = await execute('ffprobe', args`${list} -of csv=p=0 ${path}`)
    return Math.min(...stdout.split(/\s+/).filter(Boolean).map(Number.parseFloat))
  }
  return (await first('a:0')) - (await first('v:0'))
}

/** Reads the titles of the chapters. */
export async function readChapterTitles(path: string): Promise<string[]> {
  const list = args`-v error -of json -show_chapters ${path}`
  const { chapters } = JSON.parse((await execute('ffprobe', list)).stdout)
  return chapters.map((chapter: { tags?: { title?: string } }) => chapter.tags?.title)
}

/** Reads the text of the first subtitle track, as SRT. */
export async function readSubtitles(path: string): Promise<string> {
  const list = args`-v error -i ${path} -map 0:s:0 -f srt -`
  return (await execute('ffmpeg', list)).stdout
}

/**
 * Counts the frames that ffmpeg's filter `idet` finds interlaced and progressive. With its default
 * threshold it finds the fine lines of a test pattern interlaced.
 */
export async function countScans(
  path: string,
): Promise<{ interlaced: number; progressive: number }> {
  const list = args`-hide_banner -nostats -i ${path} -an -vf idet=intl_thres=1.3 -f null -`
  const { stderr } = await execute('ffmpeg', list)
  const [, top, bottom, progressive] =
    /.*Multi frame detection: TFF:\s*(\d+) BFF:\s*(\d+) Progressive:\s*(\d+)/s.exec(stderr) ?? []
  return { interlaced: Number(top) + Number(bottom), progressive: Number(progressive) }
}

/** Returns the second at which the first silence ends; 0 when there is none. */
export async function readTimeOfSound(path: string): Promise<number> {
  const stderr = await runAudioFilter(path, 'silencedetect=noise=-40dB:d=0.2')
  return Number(/silence_end: ([\d.]+)/.exec(stderr)?.[1] ?? 0)
}

/** Returns the latest second at which a packet of a track ends. */
export async function readTrackEnd(path: string, track: 'v' | 'a'): Promise<number> {
  const list = args`-v error -select_streams ${track}:0 -show_entries packet=pts_time,duration_time`
  const { stdout } = await execute('ffprobe', args`${list} -of csv=p=0 ${path}`)
  const ends = stdout
    .split(/\s+/)
    .filter(Boolean)
    .map((line) => {
      const [time, duration] = line.split(',').map(Number)
      return (time ?? 0) + (Number.isFinite(duration) ? (duration ?? 0) : 0)
    })
  return Math.max(...ends)
}
