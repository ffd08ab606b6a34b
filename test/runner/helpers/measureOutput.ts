/** What can be seen and heard in a file that came out, measured by ffmpeg apart from the runner. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { args } from '../../fixtures/args.ts'

const execute = promisify(execFile)
const MOST = 64 * 1024 ** 2

/** The colours at a second, as 0 to 255 of red, green and blue, by the tags that the file has. */
export async function pixelsAt(path: string, seconds: number, ...places: [number, number][]) {
  const { width } = await sizeOf(path)
  const list = args`-v error -ss ${seconds} -i ${path} -frames:v 1`
  const raw = args`${list} -f rawvideo -pix_fmt rgb24 -`
  const { stdout } = await execute('ffmpeg', raw, { encoding: 'buffer', maxBuffer: MOST })
  return places.map(([x, y]) => [...stdout.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)])
}

/** Its name, of those that the clips are made of; else the numbers. */
export function named([red = 0, green = 0, blue = 0]: number[] = []): string {
  const near = (value: number, wanted: number) => Math.abs(value - wanted) < 40
  const found = Object.entries(COLOURS).find(
    ([, [r, g, b]]) => near(red, r) && near(green, g) && near(blue, b),
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

async function sizeOf(path: string): Promise<{ width: number }> {
  const list = args`-v error -select_streams v:0 -show_entries stream=width`
  const { stdout } = await execute('ffprobe', args`${list} -of csv=p=0 ${path}`)
  return { width: Number.parseInt(stdout, 10) }
}

/** When each frame is shown, in seconds. */
export async function frameTimes(path: string): Promise<number[]> {
  const list = args`-v error -select_streams v:0 -show_entries packet=pts_time`
  const { stdout } = await execute('ffprobe', args`${list} -of csv=p=0 ${path}`)
  return stdout
    .split(/\s+/)
    .filter(Boolean)
    .map(Number.parseFloat)
    .toSorted((a, b) => a - b)
}

async function filtered(path: string, filter: string): Promise<string> {
  const list = args`-hide_banner -nostats -i ${path} -af ${filter} -vn -f null -`
  return (await execute('ffmpeg', list)).stderr
}

/** By EBU R128, in LUFS. */
export async function loudnessOf(path: string): Promise<number> {
  const said = await filtered(path, 'ebur128')
  return Number(/I:\s+(-?[\d.]+) LUFS/.exec(said.slice(said.lastIndexOf('Summary')))?.[1])
}

/** The mean level of a part, in dB. */
export async function levelOf(path: string, start: number, end: number): Promise<number> {
  const said = await filtered(path, `atrim=${start}:${end},volumedetect`)
  return Number(/mean_volume: (-?[\d.]+|-inf) dB/.exec(said)?.[1]?.replace('-inf', '-200'))
}

/** How much of a part is at a frequency: the level after everything else is filtered out. */
export async function toneOf(path: string, hertz: number): Promise<number> {
  const said = await filtered(path, `bandpass=f=${hertz}:width_type=h:w=20,volumedetect`)
  return Number(/mean_volume: (-?[\d.]+) dB/.exec(said)?.[1])
}

/** The likeness of two pictures of equal size, up to 1. */
export async function ssimOf(path: string, original: string): Promise<number> {
  const list = args`-hide_banner -nostats -i ${path} -i ${original}`
  const { stderr } = await execute('ffmpeg', args`${list} -lavfi ssim -f null -`)
  return Number(/All:([\d.]+)/.exec(stderr)?.[1])
}

/** When the first sound is heard after the first frame is seen, in seconds. */
export async function soundStart(path: string): Promise<number> {
  const first = async (stream: string) => {
    const list = args`-v error -select_streams ${stream} -show_entries packet=pts_time`
    const { stdout } = await execute('ffprobe', args`${list} -of csv=p=0 ${path}`)
    return Math.min(...stdout.split(/\s+/).filter(Boolean).map(Number.parseFloat))
  }
  return (await first('a:0')) - (await first('v:0'))
}

/** The titles of its chapters. */
export async function chaptersOf(path: string): Promise<string[]> {
  const list = args`-v error -of json -show_chapters ${path}`
  const { chapters } = JSON.parse((await execute('ffprobe', list)).stdout)
  return chapters.map((chapter: { tags?: { title?: string } }) => chapter.tags?.title)
}

/** The text of a subtitle track, as SRT. */
export async function captionsIn(path: string): Promise<string> {
  const list = args`-v error -i ${path} -map 0:s:0 -f srt -`
  return (await execute('ffmpeg', list)).stdout
}
