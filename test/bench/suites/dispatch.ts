/**
 * The time from the response to a request for a job until the event `job:started` arrives, with one
 * runner that waits for work. The same as seen by a client on the same machine.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BenchContext } from '../context.ts'
import { type Measurement, percentile } from '../report.ts'
import { measureMs } from '../rounds.ts'
import { makeClip } from '../runner.ts'
import { startService } from '../service.ts'

const ROUNDS = 2
const JOBS_PER_ROUND = 100
/** Time after the end of a job until the runner waits for the next one. */
const SETTLING_MS = 100
const PATH = 'bench/dispatch.mp4'

export async function run(context: BenchContext): Promise<Measurement[]> {
  const clip = await makeClip(context.folder, { name: 'clip.mp4', size: '320x180', seconds: 2 })
  const service = await startService({ stateDir: join(context.folder, 'state'), runners: 1 })
  const { client } = service
  const stopping = new AbortController()
  try {
    await client.put(PATH, new Uint8Array(await readFile(clip)))
    const events = await client.events(stopping.signal)
    const iterator = events[Symbol.asyncIterator]()
    const waitFor = async (type: string) => {
      for (;;) {
        const { value: event, done } = await iterator.next()
        if (done === true || event.type === 'job:error') {
          throw new Error(`a job failed: ${JSON.stringify(event?.data)}`)
        }
        if (event.type === type) {
          return performance.now()
        }
      }
    }
    /** Runs one job; returns the milliseconds until its start. */
    const runJob = async (width: number): Promise<number> => {
      const started = waitFor('job:started')
      await client.createJobs(PATH, [`t_true,w_${width}`])
      const answeredAt = performance.now()
      const startedAt = await started
      await waitFor('job:completed')
      await sleep(SETTLING_MS)
      return Math.max(0, startedAt - answeredAt)
    }
    let width = 16
    await runJob(width)
    const rounds: number[][] = []
    const requests: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const times: number[] = []
      for (let job = 0; job < JOBS_PER_ROUND; job++) {
        width += 2
        times.push(await runJob(width))
      }
      rounds.push(times.toSorted((a, b) => a - b))
      requests.push(await measureMs(async () => void (await client.request('/queue/stats'))))
      context.log(`round ${round + 1} of ${ROUNDS}`)
    }
    const floor = { name: 'one request for the stats', values: requests }
    return [50, 99].map((share) => ({
      name: `202 to job:started, idle runner, p${share}`,
      unit: 'ms',
      values: rounds.map((times) => percentile(times, share)),
      floor,
      ...(share === 50 && { goal: 'at most 20 ms' }),
    }))
  } finally {
    stopping.abort()
    await service.stop()
  }
}
