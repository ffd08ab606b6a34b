/**
 * One runner process for all jobs of a test file with hostile sources, and two canaries: a file and
 * a URL that the sources name, and that the runner must never read or request.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Assignment, Finish } from '../../../src/contract/runnerProtocol.ts'
import { CANARY, makeHostile } from '../../fixtures/hostile/make.ts'
import { harness, ffmpegProcesses } from './runnerHarness.ts'
import { startGateway } from './fakeGateway.ts'

/**
 * Text that no failure message may contain: network addresses, memory addresses and paths of this
 * machine, and names from the sources.
 */
const PRIVATE_TEXT = /127\.0\.0\.1|localhost|\/tmp|reelqueue-|passwd|canary|0x[0-9a-f]{6}/

/** Maximum duration of a job; it takes up to four seconds unless the machine is busy. */
const MAX_SECONDS = 30

export type HostileBench = Awaited<ReturnType<typeof startHostileBench>>

export async function startHostileBench() {
  const folder = await mkdtemp(join(tmpdir(), 'runner-hostile-'))
  const file = join(folder, 'canary.txt')
  const canaryRequests: string[] = []
  const server = createServer((request, response) => {
    canaryRequests.push(String(request.url))
    response.end(CANARY)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/canary`
  await writeFile(file, CANARY)
  await makeHostile(folder, { file, url })

  const gateway = (harness.gateway = await startGateway())
  harness.scratch = await mkdtemp(join(tmpdir(), 'runner-test-'))
  const main = join(import.meta.dirname, '../../../container/main.ts')
  const runner = spawn(process.execPath, [main], {
    env: {
      PATH: process.env['PATH'],
      GATEWAY_URL: gateway.url,
      RUNNER_TOKEN: gateway.token,
      SCRATCH_DIR: harness.scratch,
      IDLE_SECONDS: 'forever',
    },
    stdio: 'ignore',
  })

  return {
    folder,
    /** Requests to the canary URL; must stay empty. */
    canaryRequests,

    /** Runs a job on the runner, and checks what must be true for every outcome. */
    async run(name: string, rendition: Assignment['rendition'], more: Partial<Assignment> = {}) {
      const finished = gateway.next<Finish>('finish')
      const startedAt = performance.now()
      const job = await gateway.offer(join(folder, name), rendition, more)
      const finish = await finished
      expect((performance.now() - startedAt) / 1_000).toBeLessThan(MAX_SECONDS)

      const leftovers = { scratch: await readdir(harness.scratch), ffmpeg: await ffmpegProcesses() }
      expect(leftovers).toEqual({ scratch: [], ffmpeg: [] })
      expect({ canaryRequests, exitCode: runner.exitCode }).toEqual({
        canaryRequests: [],
        exitCode: null,
      })
      expect(gateway.violations).toEqual([])
      expect(job.finishes).toHaveLength(1)
      if (finish.outcome === 'failed') {
        expect(finish.message).not.toMatch(PRIVATE_TEXT)
      }
      const output = Buffer.concat([...job.parts.values()])
      expect(output.includes('canary') || output.includes('<script>')).toBe(false)
      return { job, finish, output }
    },

    async close() {
      const exited = once(runner, 'exit')
      runner.kill('SIGTERM')
      await exited
      await gateway.close()
      server.close()
      await Promise.all([folder, harness.scratch].map((each) => rm(each, { recursive: true })))
    },
  }
}
