/** Measures the structures of worker/bareFanOut.ts: the least that the platform needs for them. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { findFreePort } from '../system/fixtures/freePort.ts'
import { startClients } from './clients.ts'
import { readCpuMs } from './processorTime.ts'
import { measureMemory } from './service.ts'

const SOURCE = join(import.meta.dirname, 'worker', 'bareFanOut.ts')

export type Structure = 'socket-per-client' | 'responses-of-object' | 'socket-per-isolate'

export interface BareLoad {
  structure: Structure
  clientCount: number
  eventCount: number
  pauseMs: number
}

/** The events of a measurement, and the pause between them. */
export const EVENT_LOAD = { eventCount: 40, pauseMs: 100 }

export async function measureBareFanOut(
  folder: string,
  { structure, clientCount, eventCount, pauseMs }: BareLoad,
) {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, 'worker.mjs')
  writeFileSync(path, stripTypeScriptTypes(readFileSync(SOURCE, 'utf8')))
  const port = await findFreePort()
  const worker = {
    name: 'bare',
    compatibilityDate: '2026-11-01',
    modulesRoot: folder,
    modules: [{ type: 'ESModule' as const, path }],
    durableObjects: { HUB: { className: 'Hub', useSQLite: true } },
    // As `npm start` does.
    unsafeDirectSockets: [{ host: '127.0.0.1', port }],
  }
  const miniflare = new Miniflare(convertV4MiniflareOptions({ cf: false, workers: [worker] }))
  await miniflare.ready
  const clients = startClients(port, 'none')
  try {
    const pid = findChildProcess('workerd')
    await send(port, 0)
    const before = measureMemory([{ pid }]).residentBytes
    await clients.open(`/${structure}`, clientCount)
    const clientBytes = (measureMemory([{ pid }]).residentBytes - before) / clientCount
    const cpuBefore = readCpuMs(pid)
    const sentAt: number[] = []
    for (let id = 1; id <= eventCount; id++) {
      sentAt.push(performance.timeOrigin + performance.now())
      await send(port, id)
      await delay(pauseMs)
    }
    const { completedAt } = await clients.awaitEvents(eventCount, 30_000)
    const cpuMicroseconds = ((readCpuMs(pid) - cpuBefore) * 1_000) / eventCount / clientCount
    const eventMs = completedAt.map(([id, ms]) => ms - sentAt[id - 1]!).toSorted((a, b) => a - b)
    return { eventMs, clientBytes, cpuMicroseconds }
  } finally {
    clients.stop()
    await miniflare.dispose()
  }
}

async function send(port: number, id: number): Promise<void> {
  await fetch(`http://127.0.0.1:${port}/send?id=${id}`)
}

/** The process of Miniflare is the youngest child of this one. */
function findChildProcess(name: string): number {
  const found = execFileSync('pgrep', ['-n', '-P', String(process.pid), name], { encoding: 'utf8' })
  return Number(found)
}
