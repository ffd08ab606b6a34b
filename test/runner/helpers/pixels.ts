/** What a picture shows, by ffmpeg's reading and none of the runner's. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { args } from '../../fixtures/args.ts'

const execute = promisify(execFile)

/** The first picture of a file as RGB, shrunk to `width` by `height`. */
export async function pixelsOf(path: string, width: number, height: number) {
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

/** Width and height of a picture. */
export async function sizeOf(path: string): Promise<number[]> {
  const list = args`-v error -of json -show_entries stream=width,height ${path}`
  const [{ width, height }] = JSON.parse((await execute('ffprobe', list)).stdout).streams
  return [width, height]
}
