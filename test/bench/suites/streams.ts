/** One job for all sizes of a stream, beside one job for each size. */
import type { BenchContext } from '../context.ts'
import type { Measurement } from '../report.ts'
import { measureInTurns } from '../rounds.ts'
import { makeClip, runInRunner } from '../runner.ts'

const ROUNDS = 1
const SIZES = [240, 480, 720]

export async function run({ folder }: BenchContext): Promise<Measurement[]> {
  const clip = await makeClip(folder, { name: 'clip.mp4', size: '1920x1080', seconds: 20 })
  const times = await measureInTurns(
    ROUNDS,
    () => runInRunner(clip, `f_hls,lad_${SIZES.join('+')}`),
    async () => {
      for (const size of SIZES) {
        await runInRunner(clip, `f_hls,lad_${size}`)
      }
    },
  )
  const toSeconds = (values: number[]) => values.map((ms) => ms / 1_000)
  return [
    {
      name: `HLS in ${SIZES.join(', ')} of 20 s of 1080p, one job`,
      unit: 's',
      values: toSeconds(times.first),
      floor: { name: 'a job for each size', values: toSeconds(times.second) },
    },
  ]
}
