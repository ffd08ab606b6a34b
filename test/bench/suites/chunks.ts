/**
 * One long file: its chunks by one and by two runners of one core each, the overhead of chunks for one
 * runner, and many simulated runners that sleep instead of encoding.
 */
import { join } from 'node:path'
import { promisify } from 'node:util'
import { execFile } from 'node:child_process'
import type { BenchContext } from '../context.ts'
import { putFile, runJobs } from '../jobs.ts'
import type { Measurement } from '../report.ts'
import { makeClip } from '../runner.ts'
import { simulateRunners } from '../simulatedRunners.ts'
import { startService } from '../service.ts'

const WIDTH_SECONDS = 300
const OVERHEAD_SECONDS = 90
const ROUNDS = 2
const TRANSFORMATION = 'h_720'
const PATH = 'film.mp4'

export async function run(context: BenchContext): Promise<Measurement[]> {
  return [
    ...(await measureWidth(context)),
    await measureOverhead(context),
    ...(await measureSimulated(context)),
  ]
}

/** Each runner has one core and ffmpeg one thread, as in a container with one vCPU. */
async function measureWidth({ folder, log }: BenchContext): Promise<Measurement[]> {
  const film = { name: 'film.mp4', size: '1280x720', seconds: WIDTH_SECONDS }
  const clip = await makeClip(folder, film)
  const seconds: number[] = []
  for (const runners of [1, 2]) {
    const stateDir = join(folder, `width-${runners}`)
    const service = await startService({ stateDir, runners, env: { CPUS: '1' } })
    await pinRunners(service)
    await putFile(service, PATH, clip)
    seconds.push(await runJobs(service.client, [PATH], TRANSFORMATION))
    log(`${runners} runners: ${seconds.at(-1)!.toFixed(1)} s`)
    await service.stop()
  }
  const [one, two] = seconds as [number, number]
  const name = `${WIDTH_SECONDS / 60} minutes of 720p, `
  return [
    { name: `${name}one runner of one core`, unit: 's', values: [one] },
    { name: `${name}two runners of one core each`, unit: 's', values: [two] },
    {
      name: 'two runners are faster by',
      unit: 'x',
      values: [one / two],
      goal: 'at least 1.85',
    },
  ]
}

/** Gives each runner, and what it starts from now on, a core of its own. */
async function pinRunners({ processes }: Awaited<ReturnType<typeof startService>>): Promise<void> {
  const runners = processes().filter(({ command }) => command.includes('container/main.ts'))
  for (const [core, { pid }] of runners.entries()) {
    await promisify(execFile)('taskset', [
      '--all-tasks',
      '--cpu-list',
      '--pid',
      String(core),
      String(pid),
    ])
  }
}

/** One runner with all cores, with and without chunks, in turns. */
async function measureOverhead({ folder, log }: BenchContext): Promise<Measurement> {
  const film = { name: 'short.mp4', size: '1280x720', seconds: OVERHEAD_SECONDS }
  const clip = await makeClip(folder, film)
  const service = await startService({ stateDir: join(folder, 'overhead'), runners: 1 })
  const split: number[] = []
  const whole: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    for (const [values, chunkSeconds] of [
      [whole, 0],
      [split, 30],
    ] as const) {
      const path = `${round}-${chunkSeconds}.mp4`
      await putFile(service, path, clip)
      values.push(await runJobs(service.client, [path], TRANSFORMATION, { chunkSeconds }))
      log(`chunks of ${chunkSeconds} s: ${values.at(-1)!.toFixed(1)} s`)
    }
  }
  await service.stop()
  return {
    name: `${OVERHEAD_SECONDS} s of 720p in chunks of 30 s, one runner`,
    unit: 's',
    values: split,
    floor: { name: 'without chunks', values: whole },
    goal: 'at most 1.05 x',
  }
}

/** What a runner of one core takes for 30 s of 720p, see `measureWidth`. */
const CHUNK_MS = 10_000
const SIMULATIONS = [
  { runners: 50, chunks: 200, chunkMs: CHUNK_MS, goal: 'at least 0.9' },
  { runners: 200, chunks: 400, chunkMs: CHUNK_MS, goal: '' },
]

/** The real Worker, database and object store, and runners that sleep instead of encoding. */
async function measureSimulated({ folder, log }: BenchContext): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  for (const { goal, ...simulation } of SIMULATIONS) {
    const { runners, chunks, chunkMs } = simulation
    const service = await startService({ stateDir: join(folder, `simulated-${runners}`) })
    const seconds = await simulateRunners(service, simulation)
    await service.stop()
    const ideal = (Math.ceil(chunks / runners) * chunkMs) / 1_000
    log(`${runners} runners: ${seconds.toFixed(1)} s, ideally ${ideal} s`)
    measurements.push({
      name: `efficiency of ${runners} simulated runners with ${chunks} chunks of ${chunkMs / 1_000} s`,
      unit: '',
      values: [ideal / seconds],
      ...(goal !== '' && { goal }),
    })
  }
  return measurements
}
