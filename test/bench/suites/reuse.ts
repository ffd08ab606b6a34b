/**
 * What is not made again: the tracks of a stream when one more size is requested, and the completed
 * chunks of a job when the service is restarted, as a deployment does.
 */
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { BenchContext } from '../context.ts'
import { putFile, runJobs, waitForEnd } from '../jobs.ts'
import type { Measurement } from '../report.ts'
import { makeClip } from '../runner.ts'
import { type Service, startService } from '../service.ts'

const SECONDS = 30
const SPLIT = { chunkSeconds: 5 }
const TWO_SIZES = 'f_hls,lad_360+720'
const THREE_SIZES = 'f_hls,lad_240+360+720'
const FILE = 'h_720'
const POLL_MS = 50

export async function run({ folder, log }: BenchContext): Promise<Measurement[]> {
  const clip = await makeClip(folder, { name: 'film.mp4', size: '1280x720', seconds: SECONDS })
  const options = { stateDir: join(folder, 'state'), runners: 1 }
  const service = await startService(options)
  const make = async (path: string, transformation: string) => {
    await putFile(service, path, clip)
    return runJobs(service.client, [path], transformation, SPLIT)
  }
  const fromNothing = await make('new.mp4', THREE_SIZES)
  await make('known.mp4', TWO_SIZES)
  const oneMore = await runJobs(service.client, ['known.mp4'], THREE_SIZES, SPLIT)
  log(`three sizes: ${fromNothing.toFixed(1)} s, the third size: ${oneMore.toFixed(1)} s`)

  const undisturbed = await make('undisturbed.mp4', FILE)
  await putFile(service, 'interrupted.mp4', clip)
  const [job] = await service.client.createJobs('interrupted.mp4', [FILE], SPLIT)
  const { done, total } = await waitForHalf(service, job!.id)
  await service.stop()
  const restarted = await startService(options)
  const began = performance.now()
  await waitForEnd(restarted.client, job!.id, 'interrupted.mp4', POLL_MS)
  const rest = (performance.now() - began) / 1_000
  await restarted.stop()
  log(`restarted when ${done} of ${total} chunks were completed: ${rest.toFixed(1)} s`)
  return [
    {
      name: `${SECONDS} s of 720p as a stream, one more size`,
      unit: 's',
      values: [oneMore],
      floor: { name: 'all three sizes', values: [fromNothing] },
    },
    {
      name: `${SECONDS} s of 720p, the rest after a restart at ${done} of ${total} chunks`,
      unit: 's',
      values: [rest],
      floor: { name: 'without a restart', values: [undisturbed] },
    },
  ]
}

interface Counts {
  done: number
  total: number
}

async function waitForHalf({ client }: Service, jobId: string): Promise<Counts> {
  for (;;) {
    const response = await client.request(`/queue/jobs/${jobId}/chunks`)
    const { chunks } = (await response.json()) as { chunks: { status: string }[] }
    const done = chunks.filter(({ status }) => status === 'completed').length
    if (done > 0 && done >= chunks.length / 2) {
      return { done, total: chunks.length }
    }
    await delay(POLL_MS)
  }
}
