/** Draws a number into each frame of a source, and reads the numbers of a variant. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { args } from '../../fixtures/args.ts'

const BITS = 8

/** The filter for frames 0 to 255: bars at the bottom, of which a white one is a bit that is set. */
export const FRAME_COUNTER = [
  'drawbox=y=ih*8/9:h=ih/9:c=black:t=fill',
  ...Array.from(
    { length: BITS },
    (_, bit) =>
      `drawbox=x=iw*${bit}/${BITS}:y=ih*8/9:w=iw/${BITS}:h=ih/9:c=white:t=fill:enable='mod(trunc(n/${2 ** bit}),2)'`,
  ),
].join()

/** Returns the numbers of all frames in their order. */
export async function readFrameNumbers(file: string): Promise<number[]> {
  const { stdout } = await promisify(execFile)(
    'ffmpeg',
    args`-v error -xerror -i ${file} -map 0:v:0 -fps_mode passthrough
      -vf crop=iw:ih/9:0:ih*8/9,scale=${BITS}:1:flags=area,format=gray -f rawvideo -`,
    { encoding: 'buffer' },
  )
  return Array.from({ length: stdout.length / BITS }, (_, frame) =>
    [...stdout.subarray(frame * BITS, (frame + 1) * BITS)].reduce(
      (number, level, bit) => number + (level > 127 ? 2 ** bit : 0),
      0,
    ),
  )
}

/** The numbers of `count` frames, without a gap. */
export function countUp(count: number, first = 0): number[] {
  return Array.from({ length: count }, (_, index) => first + index)
}
