/** Reads the pixels of an output with ffmpeg and ffprobe, without the code of the runner. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { args } from '../../fixtures/args.ts'

const execute = promisify(execFile)

/** Reads the first frame of a file as RGB, scaled to `width` by `height`. */
export async function readPixels(path: string, width: number, height: number) {
  const filters = args`-vf scale=${width}:${height}:flags=area -frames:v 1`
  const list = args`-v error -i ${path} ${filters} -f rawvideo -pix_fmt rgb24 -`
  const { stdout: bytes } = await execute('ffmpeg', list, {
    encoding: 'buffer',
    maxBuffer: 2 ** 26,
  })
  return {
    bytes,
    at: (x: number, y: number) => [...bytes.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)],
  }
}

/** Reads width and height of the video stream. */
export async function readSize(path: string): Promise<number[]> {
  const list = args`-v error -of json -show_entries stream=width,height ${path}`
  const [{ width, height }] = JSON.parse((await execute('ffprobe', list)).stdout).streams
  return [width, height]
}
