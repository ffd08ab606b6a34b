/** RunnerSlot with a simulated container: tests in workerd cannot start real ones. */
import { env } from 'cloudflare:workers'
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { describe, expect, it, vi } from 'vitest'
import { RunnerSlot } from '../../../src/runners/RunnerSlot.ts'
import { createJobs } from '../helpers/jobs.ts'
import { claimJob } from '../helpers/fakeRunner.ts'
import { jobRow } from '../helpers/database.ts'

interface Started {
  enableInternet: boolean
  env: Record<string, string>
}

/** Gives the slot a simulated container that the test controls, and records its starts. */
async function useSlot(name: string) {
  const stub = env.SLOTS.getByName(name)
  const started: Started[] = []
  const intercepted: string[] = []
  const failures = { intercept: 0 }
  let exit = Promise.withResolvers<void>()
  const container = {
    running: false,
    broken: false,
    start(options: Started) {
      if (this.broken) {
        throw new Error('no capacity')
      }
      if (this.running) {
        throw new Error('start() while running')
      }
      this.running = true
      started.push(options)
      exit = Promise.withResolvers()
    },
    monitor: () => exit.promise,
    async destroy() {
      this.running = false
      exit.resolve()
    },
    async interceptOutboundHttp(host: string) {
      if (failures.intercept > 0) {
        failures.intercept--
        throw new Error('no sidecar')
      }
      intercepted.push(host)
    },
    async setInactivityTimeout() {},
  }
  const inSlot = <T>(use: (slot: RunnerSlot) => T | Promise<T>) =>
    runInDurableObject(stub, (slot) => {
      Object.defineProperty((slot as unknown as { ctx: object }).ctx, 'container', {
        value: container,
        configurable: true,
      })
      return use(slot)
    })
  return {
    container,
    started,
    intercepted,
    failures,
    inSlot,
    /** Builds the object again, as a deploy does. A running container keeps running. */
    rebuild: () =>
      inSlot(async (slot) => {
        const { ctx } = slot as unknown as { ctx: DurableObjectState }
        const rebuilt = new RunnerSlot(ctx, env)
        // Waits until the constructor's work is done, as every call of the object does.
        await ctx.blockConcurrencyWhile(async () => undefined)
        return rebuilt
      }),
    wake: (queue = 'default') => inSlot((slot) => slot.wake([queue])),
    recordContact: (runner: string) => inSlot((slot) => slot.recordContact(runner)),
    runner: () => started.at(-1)!.env['RUNNER_ID']!,
    /** Lets the container exit by itself: with this error, or without one. */
    exitContainer: async (error?: Error) => {
      await inSlot((slot) => {
        container.running = false
        if (error) {
          exit.reject(error)
        } else {
          exit.resolve()
        }
        return vi.waitUntil(() => !(slot as unknown as { run?: object }).run)
      })
    },
    /** Runs the alarm with a clock that is `ms` ahead. */
    alarmIn: async (ms: number) => {
      const now = Date.now()
      await inSlot(() => void vi.useFakeTimers({ now: now + ms, toFake: ['Date'] }))
      try {
        return await runDurableObjectAlarm(stub)
      } finally {
        vi.useRealTimers()
      }
    },
  }
}

describe('a slot', () => {
  it('starts its container once, without internet or token, for several wake-ups', async () => {
    const { wake, started, intercepted, recordContact, runner } = await useSlot('slot-0')
    const results = await Promise.all([wake(), wake(), wake()])
    expect(results.toSorted()).toEqual(['started', 'starting', 'starting'])
    expect(started).toEqual([
      {
        enableInternet: false,
        env: {
          GATEWAY_URL: 'http://gateway.reelqueue',
          RUNNER_ID: expect.stringMatching(/^slot-0-[0-9a-f]{8}$/),
          QUEUES: 'default',
          IDLE_SECONDS: '30',
          SHUTDOWN_SECONDS: '840',
          DISK_BYTES: '10000000000',
        },
      },
    ])
    expect(intercepted).toEqual(['gateway.reelqueue'])
    await recordContact('slot-0-00000000')
    expect(await wake()).toBe('starting')
    await recordContact(runner())
    expect(await wake()).toBe('busy')
  })

  it('starts another runner after the previous one has exited', async () => {
    const { wake, recordContact, runner, exitContainer, started } = await useSlot('slot-1')
    await wake()
    const first = runner()
    await recordContact(first)
    await exitContainer()
    expect(await wake()).toBe('started')
    expect(started).toHaveLength(2)
    expect(runner()).not.toBe(first)
  })

  it('fails the attempt at once when its container exits', async () => {
    const { wake, recordContact, runner, exitContainer } = await useSlot('slot-2')
    const [job] = await createJobs('killed.mp4', ['w_640'])
    await wake()
    await recordContact(runner())
    await claimJob('default', runner())
    expect(await jobRow(job!.id)).toMatchObject({ status: 'running', runner_id: runner() })
    await exitContainer(new Error('exit code 137'))
    expect(await jobRow(job!.id)).toMatchObject({
      status: 'pending',
      error_code: 'runner_lost',
      error: 'The container of slot-2 ended while it was running this job (exit code 137).',
    })
  })

  it('cools down after a failed start, and after an exit without a claim', async () => {
    const { wake, container } = await useSlot('slot-3')
    container.broken = true
    expect(await wake()).toBe('failed')
    expect(await wake()).toBe('cooling_down')
    const other = await useSlot('slot-4')
    await other.wake()
    await other.exitContainer(new Error('exit code 3'))
    expect(await other.wake()).toBe('cooling_down')
  })

  it('stops a container whose runner has not claimed after a minute', async () => {
    const { wake, container, alarmIn } = await useSlot('slot-5')
    await wake()
    await alarmIn(60_000)
    expect(container.running).toBe(false)
    expect(await wake()).toBe('cooling_down')
  })

  it('keeps a silent container while its runner has a job, and stops it otherwise', async () => {
    const { wake, recordContact, runner, container, alarmIn } = await useSlot('slot-6')
    const [job] = await createJobs('kept.mp4', ['w_640'], { priority: 0 })
    await wake()
    await recordContact(runner())
    await claimJob('default', runner())
    await alarmIn(600_000)
    expect(container.running).toBe(true)
    await env.DB.prepare("UPDATE jobs SET runner_id = 'another' WHERE id = ?").bind(job!.id).run()
    await alarmIn(600_000)
    expect(container.running).toBe(false)
  })

  it('applies its interception again when it is rebuilt', async () => {
    const { wake, recordContact, runner, rebuild, intercepted } = await useSlot('slot-8')
    await wake()
    await recordContact(runner())
    await rebuild()
    expect(intercepted).toEqual(['gateway.reelqueue', 'gateway.reelqueue'])
    expect(await wake()).toBe('busy')
  })

  it('applies no interception when it is rebuilt without a running container', async () => {
    const { wake, exitContainer, rebuild, intercepted } = await useSlot('slot-9')
    await rebuild()
    expect(intercepted).toEqual([])
    await wake()
    await exitContainer()
    await rebuild()
    expect(intercepted).toEqual(['gateway.reelqueue'])
  })

  it('applies an interception that failed while it was rebuilt at its next alarm', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const { wake, recordContact, runner, rebuild, ...slot } = await useSlot('slot-10')
    await wake()
    await recordContact(runner())
    slot.failures.intercept = 1
    const rebuilt = await rebuild()
    expect(slot.intercepted).toHaveLength(1)
    await slot.inSlot(() => rebuilt.alarm())
    await slot.inSlot(() => rebuilt.alarm())
    expect(slot.intercepted).toHaveLength(2)
    logged.mockRestore()
  })

  it('sets its alarm again when it is rebuilt and the alarm was lost', async () => {
    const { wake, rebuild, inSlot } = await useSlot('slot-11')
    await wake()
    const readAlarm = () =>
      inSlot((slot) => (slot as unknown as { ctx: DurableObjectState }).ctx.storage.getAlarm())
    await inSlot((slot) =>
      (slot as unknown as { ctx: DurableObjectState }).ctx.storage.deleteAlarm(),
    )
    await rebuild()
    expect(await readAlarm()).not.toBeNull()
  })

  it('sets its next alarm even if its alarm handler fails', async () => {
    const { wake, recordContact, runner, container, inSlot } = await useSlot('slot-12')
    await wake()
    await recordContact(runner())
    container.setInactivityTimeout = () => Promise.reject(new Error('not now'))
    await inSlot(async (slot) => {
      const { storage } = (slot as unknown as { ctx: DurableObjectState }).ctx
      await storage.deleteAlarm()
      await expect(slot.alarm()).rejects.toThrow('not now')
      expect(await storage.getAlarm()).toBeGreaterThan(Date.now())
    })
  })

  it('is busy, not starting, for a queue other than the one it was started for', async () => {
    const { wake } = await useSlot('slot-13')
    expect(await wake('default')).toBe('started')
    expect(await wake('other')).toBe('busy')
    expect(await wake('default')).toBe('starting')
  })

  it('cannot start where containers are not available', async () => {
    expect(await env.SLOTS.getByName('slot-7').wake(['default'])).toBe('failed')
  })
})
