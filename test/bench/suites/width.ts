/** Twelve clips of 20 s by one runner, and by two, whose ffmpegs share the cores or do not. */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { BenchContext } from '../context.ts'
import { putFile, runJobs } from '../jobs.ts'
import { type Measurement, summarize } from '../report.ts'
import { makeClip } from '../runner.ts'
import { startService } from '../service.ts'

const CLIPS = 12
const ROUNDS = 1
const TRANSFORMATION = 'h_360'
const WAYS = [
  { name: 'one runner', runners: 1, env: {} },
  {
    name: 'two runners, each with all cores',
    runners: 2,
    env: { CPUS: `${availableParallelism()}` },
  },
  { name: 'two runners, as npm start starts them', runners: 2, env: {} },
]

export async function run({ folder, log }: BenchContext): Promise<Measurement[]> {
  const clip = await makeClip(folder, { name: 'clip.mp4', size: '854x480', seconds: 20 })
  const measurements = WAYS.map(({ name }) => ({
    name: `${CLIPS} clips of 20 s, ${name}`,
    unit: 's',
    values: [] as number[],
  }))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, { name, runners, env }] of WAYS.entries()) {
      const stateDir = join(folder, `state-${round}-${index}`)
      const service = await startService({ stateDir, runners, env })
      const paths = Array.from({ length: CLIPS }, (_, number) => `clips/${number}.mp4`)
      for (const path of paths) {
        await putFile(service, path, clip)
      }
      const seconds = await runJobs(service.client, paths, TRANSFORMATION)
      measurements[index]!.values.push(seconds)
      log(`${name}: ${seconds.toFixed(1)} s`)
      await service.stop()
    }
  }
  const [one, all, shared] = measurements.map(({ values }) => values) as [
    number[],
    number[],
    number[],
  ]
  const better = summarize(one).median < summarize(all).median ? one : all
  return [
    ...measurements.slice(0, 2),
    {
      ...measurements[2]!,
      values: shared,
      floor: { name: 'the better of the two', values: better },
      goal: 'at most 1 x',
    },
  ]
}
