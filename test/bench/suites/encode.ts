/**
 * Encodes by the whole service, not split into chunks, beside the same ffmpeg command with a local file, in
 * turns.
 */
import { join } from 'node:path'
import type { BenchContext } from '../context.ts'
import { findEncodeArguments, putFile, runBareCommand, runJobs } from '../jobs.ts'
import type { Measurement } from '../report.ts'
import { makeClip } from '../runner.ts'
import { startService } from '../service.ts'

/** The long clip is encoded faster, so that the suite is short on a slow machine too. */
const CLIPS = [
  { seconds: 60, transformation: 'h_720', rounds: 2, goal: 'at most 1.05 x' },
  { seconds: 600, transformation: 'h_360,p_fast', rounds: 1, goal: 'at most 1.03 x' },
]

export async function run({ folder, log }: BenchContext): Promise<Measurement[]> {
  const service = await startService({ stateDir: join(folder, 'state'), runners: 1 })
  const measurements: Measurement[] = []
  for (const { seconds, transformation, rounds, goal } of CLIPS) {
    const name = `clip-${seconds}.mp4`
    const clip = await makeClip(folder, { name, size: '1280x720', seconds })
    const jobs: number[] = []
    const bare: number[] = []
    for (let round = 0; round < rounds; round++) {
      // Under another path, because an existing variant is not made again.
      const path = `round-${round}/${name}`
      await putFile(service, path, clip)
      const job = runJobs(service.client, [path], transformation, { chunkSeconds: 0 })
      const command = await findEncodeArguments(service)
      jobs.push(await job)
      bare.push(await runBareCommand(command, clip))
      log(`${seconds} s: ${jobs.at(-1)!.toFixed(2)} s, bare ${bare.at(-1)!.toFixed(2)} s`)
    }
    measurements.push({
      name: `${seconds} s of 720p to ${transformation}`,
      unit: 's',
      values: jobs,
      floor: { name: 'the same ffmpeg command', values: bare },
      goal,
    })
  }
  await service.stop()
  return measurements
}
