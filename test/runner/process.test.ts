/** The runner as its own process, with its environment and its signals. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  harness,
  clip,
  ffmpegProcesses,
  offerHeldJob,
  useRunnerHarness,
} from './helpers/runnerHarness.ts'
import { video } from '../fixtures/renditions.ts'

useRunnerHarness()

function start(env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../container/main.ts')], {
    env: {
      PATH: process.env['PATH'],
      GATEWAY_URL: harness.gateway.url,
      RUNNER_NAME: 'spawned',
      RUNNER_TOKEN: harness.gateway.token,
      SCRATCH_DIR: harness.scratch,
      IDLE_SECONDS: '0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (output += text))
  const closed = once(child, 'close').then(([code]) => ({ code, output }))
  return {
    child,
    closed,
    lines: () =>
      output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
  }
}

async function startHeldEncode(env: Record<string, string> = {}) {
  const { job, reached } = await offerHeldJob()
  const runner = start(env)
  await reached
  return { job, runner }
}

describe('the runner process', () => {
  it('completes a job, logs each step, and exits with 0 when there are no more jobs', async () => {
    const job = await harness.gateway.offer(clip('clip.mp4'), video({ width: 160 }))
    const { closed, lines } = start()
    expect(await closed).toMatchObject({ code: 0 })
    expect(job.finishes).toMatchObject([{ outcome: 'completed' }])
    expect(lines().map((line) => line.event)).toEqual([
      'runner started',
      'ready',
      'job started',
      'job finished',
      'runner ended',
    ])
    expect(lines().every((line) => line.time && line.level && line.runner)).toBe(true)
    expect(JSON.stringify(lines())).not.toMatch(/a-token|127\.0\.0\.1/)
  })

  it('keeps claiming until it has been idle for IDLE_SECONDS', async () => {
    const { closed } = start({ IDLE_SECONDS: '1.5' })
    expect(await closed).toMatchObject({ code: 0 })
    expect(harness.gateway.claims).toBeGreaterThan(1)
  })

  it('continues after the gateway was unreachable, and logs that once', async () => {
    harness.gateway.failures.claim = 3
    const job = await harness.gateway.offer(clip('clip.mp4'), video({ width: 160 }))
    const finished = harness.gateway.next('finish')
    const { child, closed, lines } = start({ IDLE_SECONDS: 'forever' })
    await finished
    child.kill('SIGTERM')
    expect(await closed).toMatchObject({ code: 0 })
    expect(job.finishes).toHaveLength(1)
    expect(lines().filter((line) => line.event === 'gateway unreachable')).toHaveLength(1)
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('releases its job on %s and exits', async (signal) => {
    const { job, runner } = await startHeldEncode()
    const at = performance.now()
    runner.child.kill(signal)
    expect(await runner.closed).toMatchObject({ code: 0 })
    expect(performance.now() - at).toBeLessThan(3_500)
    expect(job.finishes).toEqual([
      { outcome: 'released', fence: 1, reason: 'the runner is shutting down' },
    ])
    expect(await ffmpegProcesses()).toEqual([])
  })

  it('leaves no ffmpeg process behind when it is killed with SIGKILL', async () => {
    const { runner } = await startHeldEncode()
    expect(await ffmpegProcesses()).not.toEqual([])
    runner.child.kill('SIGKILL')
    await expect.poll(ffmpegProcesses).toEqual([])
    await start().closed
    expect(await readdir(harness.scratch)).toEqual([])
  })

  it('exits on a second signal; only its folder is removed by the next runner', async () => {
    const { runner } = await startHeldEncode()
    for (const pid of await ffmpegProcesses()) {
      process.kill(pid, 'SIGSTOP')
    }
    runner.child.kill('SIGTERM')
    await expect.poll(() => runner.lines().at(-1).event).toBe('stopping')
    runner.child.kill('SIGTERM')
    expect(await runner.closed).toMatchObject({ code: 1 })
    await expect.poll(ffmpegProcesses).toEqual([])

    const living = join(harness.scratch, `reelqueue-${process.pid}-living`)
    await mkdir(living)
    expect(await readdir(harness.scratch)).toHaveLength(2)
    await start().closed
    expect(await readdir(harness.scratch)).toEqual([`reelqueue-${process.pid}-living`])
    await rm(living, { recursive: true })
  })

  it('exits with 2 on invalid settings, and says what they must be', async () => {
    const { closed, lines } = start({ IDLE_SECONDS: 'soon', QUEUES: 'Two Words' })
    expect(await closed).toMatchObject({ code: 2 })
    expect(lines()).toMatchObject([
      {
        event: 'invalid settings',
        problems: [/^QUEUES must be/, /^IDLE_SECONDS must be/].map((one) =>
          expect.stringMatching(one),
        ),
      },
    ])
  })

  it('exits with 1 when the gateway rejects its token', async () => {
    const { closed } = start({ RUNNER_TOKEN: 'wrong', IDLE_SECONDS: 'forever' })
    expect(await closed).toMatchObject({ code: 1 })
  })
})
