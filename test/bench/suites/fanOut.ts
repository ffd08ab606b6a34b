/**
 * Events for many clients of one stream: the time from the change of a job until the last client has
 * its event, the time of the requests meanwhile, and the memory of a client in workerd.
 */
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findWorkerProcess } from '../../system/fixtures/workerProcess.ts'
import { startClients, type StreamClients } from '../clients.ts'
import type { BenchContext } from '../context.ts'
import { readCpuMs } from '../processorTime.ts'
import { percentile, type Measurement } from '../report.ts'
import { API_KEY, measureMemory, startService } from '../service.ts'
import { EVENT_LOAD, measureBareFanOut } from '../bareFanOut.ts'

const CLIENTS = [100, 1_000, 2_000]
const { eventCount: EVENTS, pauseMs: PAUSE_MS } = EVENT_LOAD
const STALLED = { stalled: 50, live: 50, requests: 60, jobsPerRequest: 20 }
const FILE = 'bench/fan-out.mp4'

type Service = Awaited<ReturnType<typeof startService>>

export async function run({ folder, log }: BenchContext): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  for (const count of CLIENTS) {
    log(`${count} clients`)
    const floor = await measureBareFanOut(join(folder, `bare-${count}`), {
      ...EVENT_LOAD,
      structure: 'socket-per-client',
      clientCount: count,
    })
    const measured = await withService(join(folder, `clients-${count}`), (service, clients) =>
      measureClients(service, clients, count),
    )
    measurements.push(
      {
        name: `event to the last of ${count} clients, p50`,
        unit: 'ms',
        values: [percentile(measured.eventMs, 50)],
        floor: { name: 'bare Worker', values: [percentile(floor.eventMs, 50)] },
      },
      {
        name: `event to the last of ${count} clients, p99`,
        unit: 'ms',
        values: [percentile(measured.eventMs, 99)],
        floor: { name: 'bare Worker', values: [percentile(floor.eventMs, 99)] },
        ...(count === 1_000 && { goal: 'at most 50 ms' }),
      },
      {
        name: `POST /queue/jobs with ${count} clients, p99`,
        unit: 'ms',
        values: [percentile(measured.requestMs, 99)],
        floor: { name: 'without clients', values: [percentile(measured.aloneMs, 99)] },
        ...(count === 1_000 && { goal: 'as without clients' }),
      },
      {
        name: `processor time of workerd for an event, per client of ${count}`,
        unit: 'µs',
        values: [measured.cpuMicroseconds],
        floor: { name: 'bare Worker', values: [floor.cpuMicroseconds] },
      },
      {
        name: `memory of one client of ${count} in workerd`,
        unit: 'kB',
        values: [measured.clientBytes / 1_000],
        floor: { name: 'bare Worker', values: [floor.clientBytes / 1_000] },
        ...(count === 1_000 && { goal: 'at most 40 kB' }),
      },
    )
  }
  log('stalled clients')
  measurements.push(...(await withService(join(folder, 'stalled'), measureStalled)))
  return measurements
}

async function withService<T>(
  stateDir: string,
  measure: (service: Service, clients: StreamClients) => Promise<T>,
): Promise<T> {
  const service = await startService({ stateDir })
  const clients = startClients(service.port, API_KEY)
  try {
    await service.client.put(FILE, makeFile())
    return await measure(service, clients)
  } finally {
    clients.stop()
    await service.stop()
  }
}

/** The first bytes of an MP4 file, which is all that the service looks at. */
function makeFile(): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(64)
  file.set([0, 0, 0, 24, ...Buffer.from('ftypisom'), 0, 0, 2, 0, ...Buffer.from('isommp42')])
  return file
}

let width = 16
function nextTransformation(): string {
  width += 2
  return `w_${16 + (width % 4_000)},h_${16 + 2 * Math.floor(width / 4_000)}`
}

/** Creates jobs one after another. Returns the times of the requests, and of the jobs' creation. */
async function createJobs({ client }: Service) {
  const requestMs: number[] = []
  const createdAt: number[] = []
  for (let event = 0; event < EVENTS; event++) {
    const startedAt = performance.now()
    const [job] = await client.createJobs(FILE, [nextTransformation()])
    requestMs.push(performance.now() - startedAt)
    createdAt.push(Date.parse(job!.createdAt))
    await delay(PAUSE_MS)
  }
  return { requestMs, createdAt }
}

async function measureClients(service: Service, clients: StreamClients, count: number) {
  const pid = findWorkerProcess(service)
  const { requestMs: aloneMs } = await createJobs(service)
  const before = measureMemory([{ pid }]).residentBytes
  await clients.open('/queue/events', count)
  const clientBytes = (measureMemory([{ pid }]).residentBytes - before) / count
  const cpuBefore = readCpuMs(pid)
  const { requestMs, createdAt } = await createJobs(service)
  const { completedAt } = await clients.awaitEvents(EVENTS, 30_000)
  const cpuMs = readCpuMs(pid) - cpuBefore
  const eventMs = toDelays(createdAt, completedAt)
  const cpuMicroseconds = (cpuMs * 1_000) / EVENTS / count
  return { aloneMs, requestMs, clientBytes, eventMs, cpuMicroseconds }
}

function toDelays(createdAt: number[], completedAt: [number, number][]): number[] {
  const arrivals = completedAt.toSorted(([a], [b]) => a - b).map(([, ms]) => ms)
  if (arrivals.length !== createdAt.length) {
    throw new Error(`${arrivals.length} of ${createdAt.length} events reached all clients.`)
  }
  return arrivals.map((ms, index) => ms - createdAt[index]!).toSorted((a, b) => a - b)
}

async function measureStalled(service: Service, clients: StreamClients): Promise<Measurement[]> {
  await clients.open('/queue/events', STALLED.stalled, true)
  await clients.open('/queue/events', STALLED.live)
  const events = STALLED.requests * STALLED.jobsPerRequest
  for (let request = 0; request < STALLED.requests; request++) {
    const transformations = Array.from({ length: STALLED.jobsPerRequest }, nextTransformation)
    await service.client.createJobs(FILE, transformations)
  }
  const sentAt = performance.timeOrigin + performance.now()
  const { completedAt, received } = await clients.awaitEvents(events, 60_000)
  const last = Math.max(...completedAt.map(([, ms]) => ms))
  return [
    {
      name: `events that a live client lacks of ${events}, with ${STALLED.stalled} stalled clients`,
      unit: '',
      values: received.map((count) => events - count),
      goal: 'none',
    },
    {
      name: 'the last event to the last live client, with stalled clients',
      unit: 'ms',
      values: [last - sentAt],
    },
  ]
}
