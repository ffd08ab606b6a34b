/** Finds the white frames and the beeps in black and silence, as in `flashes.mp4`. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { args } from '../../fixtures/args.ts'

/** Returns the seconds at which flashes and beeps begin. */
export async function findFlashes(file: string): Promise<{ flashes: number[]; beeps: number[] }> {
  const { stderr } = await promisify(execFile)(
    'ffmpeg',
    args`-hide_banner -nostats -copyts -i ${file} -vf blackdetect=d=0.2 -af silencedetect=n=-30dB:d=0.2
      -f null -`,
  )
  const read = (name: string) =>
    [...stderr.matchAll(new RegExp(`${name}: ?([\\d.]+)`, 'g'))].map(([, second]) => Number(second))
  // The last ones are the end of the file.
  return { flashes: read('black_end').slice(0, 3), beeps: read('silence_end').slice(0, 3) }
}
