/**
 * One long file: its chunks by one and by two runners of one core each, the overhead of chunks for one runner with
 * one core and with all, also of a stream, and many simulated runners that sleep instead of encoding.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { BenchContext } from '../context.ts'
import { execute } from '../execute.ts'
import { type Film, prepareFilm } from '../film.ts'
import { findEncodeArguments, putFile, runBareCommand, runJobs } from '../jobs.ts'
import { readCpuMs } from '../processorTime.ts'
import { type Measurement, summarize } from '../report.ts'
import { simulateRunners } from '../simulatedRunners.ts'
import { type Service, startService } from '../service.ts'

const FILM_SECONDS = 300
/** A stream has several sizes, and takes longer. */
const STREAM_SECONDS = 120
const TRANSFORMATION = 'h_720'
const PATH = 'film.mp4'

/** Chunks of the film, and of the simulated jobs. */
const CHUNK_SECONDS = 30

export async function run(context: BenchContext): Promise<Measurement[]> {
  const film = await prepareFilm(context, FILM_SECONDS)
  const width = await measureWidth(context, film)
  const { median: oneRunner } = summarize(width[0]!.values)
  const chunkMs = Math.round((1_000 * oneRunner * CHUNK_SECONDS) / film.seconds)
  const overheads = await measureOverheads(context, film)
  return [...width, ...overheads, ...(await measureSimulated(context, chunkMs))]
}

/**
 * The rounds with runners of one core each. They alternate, because the machine becomes slower and faster: by up to
 * 10 %, so that fewer pairs would say little about the width.
 */
const WIDTH_ROUNDS = [
  ...(['one', 'two', 'whole', 'whole', 'two', 'one'] as const),
  ...(['one', 'two', 'whole', 'two', 'one', 'one', 'two'] as const),
]
type WidthCase = (typeof WIDTH_ROUNDS)[number]

/** Each runner has one core and ffmpeg one thread, as in a container with one vCPU. */
async function measureWidth({ folder, log }: BenchContext, film: Film): Promise<Measurement[]> {
  const seconds: Record<WidthCase, number[]> = { one: [], two: [], whole: [] }
  let serviceSeconds = 0
  let command: string[] = []
  for (const [round, name] of WIDTH_ROUNDS.entries()) {
    const runners = name === 'two' ? 2 : 1
    const stateDir = join(folder, `width-${round}`)
    const service = await startService({ stateDir, runners, env: { CPUS: '1' } })
    await pinRunners(service)
    await putFile(service, PATH, film.path)
    const cpuBefore = readServiceCpuMs(service)
    const chunkSeconds = name === 'whole' ? 0 : CHUNK_SECONDS
    const job = runJobs(service.client, [PATH], TRANSFORMATION, { chunkSeconds })
    if (round === 0) {
      command = await findEncodeArguments(service)
    }
    const value = await job
    seconds[name].push(value)
    const cpuSeconds = (readServiceCpuMs(service) - cpuBefore) / 1_000
    log(`${name}: ${value.toFixed(1)} s; processor time of the service: ${cpuSeconds.toFixed(1)} s`)
    if (name === 'two') {
      serviceSeconds = cpuSeconds
    }
    await service.stop()
    // Otherwise its files stay in the cache of the system, and the next round uses new memory, for which a virtual
    // machine takes five times as long.
    await rm(stateDir, { recursive: true })
  }
  const { one, two, whole } = seconds
  return [
    {
      name: `${film.name}, one runner of one core`,
      unit: 's',
      values: one,
      floor: { name: 'without chunks', values: whole },
      goal: 'at most 1.05 x',
    },
    { name: `${film.name}, two runners of one core each`, unit: 's', values: two },
    { name: 'processor time of the service for that', unit: 's', values: [serviceSeconds] },
    {
      name: 'two runners are faster by',
      unit: 'x',
      values: one.map((value, round) => value / two[round]!),
      floor: { name: 'two ffmpegs alone', values: [await measureBareWidth(command, film.path)] },
      goal: 'at least 1.85',
    },
  ]
}

/** By how much two commands on two cores are faster than on one: two cores can share a cache and a memory bus. */
async function measureBareWidth(command: string[], file: string): Promise<number> {
  const alone = [await runBareCommand(command, file, 0), await runBareCommand(command, file, 1)]
  const together = await Promise.all([0, 1].map((core) => runBareCommand(command, file, core)))
  return (alone[0]! + alone[1]!) / Math.max(...together)
}

function isRunner({ command }: { command: string }): boolean {
  return command.includes('container/main.ts')
}

/** The Worker and its host, without the runners and what they start. */
function readServiceCpuMs({ processes }: Service): number {
  return processes()
    .filter(({ command }) => /workerd|scripts\/start/.test(command))
    .reduce((total, { pid }) => total + readCpuMs(pid), 0)
}

/** Gives each runner, and what it starts from now on, a core of its own. */
async function pinRunners({ processes }: Service): Promise<void> {
  const runners = processes().filter(isRunner)
  for (const [core, { pid }] of runners.entries()) {
    await execute('taskset', ['--all-tasks', '--cpu-list', '--pid', String(core), String(pid)])
  }
}

interface Overhead {
  film: Film
  transformation: string
  rounds: number
}

/** One runner with all cores. */
async function measureOverheads(context: BenchContext, film: Film): Promise<Measurement[]> {
  const overheads: Overhead[] = [
    { film, transformation: TRANSFORMATION, rounds: 3 },
    { film: await prepareFilm(context, STREAM_SECONDS), transformation: 'f_hls', rounds: 2 },
  ]
  const service = await startService({ stateDir: join(context.folder, 'overhead'), runners: 1 })
  const measurements: Measurement[] = []
  for (const overhead of overheads) {
    measurements.push(await measureOverhead(context, service, overhead))
  }
  await service.stop()
  return measurements
}

/** With and without chunks. */
async function measureOverhead(
  { log }: BenchContext,
  service: Service,
  { film, transformation, rounds }: Overhead,
): Promise<Measurement> {
  const what = `${film.name} as ${transformation}`
  const split: number[] = []
  const whole: number[] = []
  for (let round = 0; round < rounds; round++) {
    const order = [
      { values: whole, chunkSeconds: 0 },
      { values: split, chunkSeconds: CHUNK_SECONDS },
    ]
    // In turns, as the machine may become slower or faster.
    for (const { values, chunkSeconds } of round % 2 === 0 ? order : order.toReversed()) {
      const path = `${transformation}-${round}-${chunkSeconds}.mp4`
      await putFile(service, path, film.path)
      values.push(await runJobs(service.client, [path], transformation, { chunkSeconds }))
      log(`${what}, chunks of ${chunkSeconds} s: ${values.at(-1)!.toFixed(1)} s`)
    }
  }
  return {
    name: `${what} in chunks of ${CHUNK_SECONDS} s, one runner`,
    unit: 's',
    values: split,
    floor: { name: 'without chunks', values: whole },
    goal: 'at most 1.05 x',
  }
}

const SIMULATIONS = [
  { runners: 50, chunks: 200, goal: 'at least 0.9' },
  { runners: 200, chunks: 400, goal: '' },
]

/**
 * The real Worker, database and object store, and runners that sleep instead of encoding.
 *
 * @param chunkMs what a runner with one core of this machine takes for a chunk: on a slow machine, the
 *   service is slow too
 */
async function measureSimulated(
  { folder, log }: BenchContext,
  chunkMs: number,
): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  for (const { runners, chunks, goal } of SIMULATIONS) {
    const service = await startService({ stateDir: join(folder, `simulated-${runners}`) })
    const seconds = await simulateRunners(service, { runners, chunks, chunkMs })
    await service.stop()
    const ideal = (Math.ceil(chunks / runners) * chunkMs) / 1_000
    log(`${runners} runners: ${seconds.toFixed(1)} s, ideally ${ideal} s`)
    measurements.push({
      name: `efficiency of ${runners} simulated runners with ${chunks} chunks of ${(chunkMs / 1_000).toFixed(1)} s`,
      unit: '',
      values: [ideal / seconds],
      ...(goal !== '' && { goal }),
    })
  }
  return measurements
}
