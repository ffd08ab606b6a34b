/**
 * 100 jobs for small frames of one file that has been probed, with one and with two runners, beside
 * the same frames by ffmpeg alone: one after another on each core.
 */
import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { BenchContext } from '../context.ts'
import type { Measurement } from '../report.ts'
import { measureMs } from '../rounds.ts'
import { makeClip } from '../runner.ts'
import { startService } from '../service.ts'
import { execute } from '../execute.ts'

const JOBS = 100
/** Maximum number of jobs in a request. */
const MAX_CREATED = 50
const ROUNDS = 2
const CLIP_SECONDS = 20
const PATH = 'bench/tiny.mp4'

interface Frame {
  second: number
  width: number
}

/** Other frames in each round, so that all are made anew. */
function listFrames(round: number): Frame[] {
  return Array.from({ length: JOBS }, (_, index) => ({
    second: (index * 7) % CLIP_SECONDS,
    width: 64 + 2 * (round * JOBS + index),
  }))
}

function toRate(ms: number): number {
  return JOBS / (ms / 1_000)
}

async function measureService(clip: string, runners: number, context: BenchContext) {
  const stateDir = join(context.folder, `state-${runners}`)
  const service = await startService({ stateDir, runners })
  const { client } = service
  const stopping = new AbortController()
  try {
    await client.put(PATH, new Uint8Array(await readFile(clip)))
    const events = await client.events(stopping.signal)
    const ended = events[Symbol.asyncIterator]()
    const runJobs = async (frames: Frame[]) => {
      const names = frames.map(({ second, width }) => `t_true,tt_${second},w_${width}`)
      for (let from = 0; from < names.length; from += MAX_CREATED) {
        await client.createJobs(PATH, names.slice(from, from + MAX_CREATED))
      }
      for (let left = frames.length; left > 0;) {
        const { value: event, done } = await ended.next()
        if (done === true || event.type === 'job:error') {
          throw new Error(`a job failed: ${JSON.stringify(event?.data)}`)
        }
        left -= event.type === 'job:completed' ? 1 : 0
      }
    }
    await runJobs([{ second: 1, width: 48 }])
    const rates: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      rates.push(toRate(await measureMs(() => runJobs(listFrames(round)))))
      context.log(`${runners} runners, round ${round + 1} of ${ROUNDS}`)
    }
    return rates
  } finally {
    stopping.abort()
    await service.stop()
  }
}

async function measureFloor(clip: string, folder: string): Promise<number[]> {
  const rates: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const frames = listFrames(round)
    const work = async (core: number) => {
      for (let frame = frames.pop(); frame !== undefined; frame = frames.pop()) {
        const { second, width } = frame
        const input = ['-v', 'error', '-y', '-ss', String(second), '-i', clip]
        const output = ['-frames:v', '1', '-vf', `scale=${width}:-2`, '-update', '1']
        await execute('ffmpeg', [...input, ...output, join(folder, `floor-${core}.jpg`)])
      }
    }
    const cores = Array.from({ length: availableParallelism() }, (_, core) => work(core))
    rates.push(toRate(await measureMs(() => Promise.all(cores))))
  }
  return rates
}

export async function run(context: BenchContext): Promise<Measurement[]> {
  const { folder } = context
  const clip = await makeClip(folder, {
    name: 'tiny.mp4',
    size: '640x360',
    seconds: CLIP_SECONDS,
    keyframeFrames: 30,
  })
  const floor = {
    name: `ffmpeg alone, ${availableParallelism()} at a time`,
    values: await measureFloor(clip, folder),
  }
  const measurements: Measurement[] = []
  for (const runners of [1, 2]) {
    measurements.push({
      name: `${JOBS} frames of a known file, ${runners} runner${runners === 1 ? '' : 's'}`,
      unit: 'jobs/s',
      values: await measureService(clip, runners, context),
      floor,
      ...(runners === 2 && { goal: 'at least 10 on two cores' }),
    })
  }
  return measurements
}
