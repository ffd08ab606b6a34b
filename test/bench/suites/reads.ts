/** The part of a file that jobs for images, storyboards and probes read. */
import type { BenchContext } from '../context.ts'
import type { Measurement } from '../report.ts'
import { makeClip, runInRunner } from '../runner.ts'

const TRANSFORMATIONS = ['t_true,tt_10', 't_best', 't_sprite', 'f_json']

export async function run({ folder }: BenchContext): Promise<Measurement[]> {
  const clip = await makeClip(folder, { name: 'clip.mp4', size: '1920x1080', seconds: 20 })
  const measurements: Measurement[] = []
  for (const transformation of TRANSFORMATIONS) {
    const { sourceBytes, finish } = await runInRunner(clip, transformation)
    measurements.push({
      name: `bytes read for ${transformation}`,
      unit: 'MB',
      values: [sourceBytes / 1e6],
      floor: { name: 'size of the file', values: [(finish.input?.sizeBytes ?? 1) / 1e6] },
    })
  }
  return measurements
}
