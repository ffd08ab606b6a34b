/**
 * One slot: starts and stops one container, and detects that its runner has ended. The job of the
 * runner is in D1; the slot holds no job state.
 *
 * A runner exits by itself when it has been idle. While the container runs, the alarm keeps the
 * platform from stopping it. The alarm ends the run if the runner has not claimed in time, if it
 * has no job and sends no more claims, or if the container has ended and its exit was not observed.
 */
import { DurableObject } from 'cloudflare:workers'
import { describeError, logError, logInfo } from '../log.ts'
import { isBusy, failJobsOfRunner } from '../services/queues/wakeRunners.ts'
import { createPlatform } from '../platform/platform.ts'
import type { WakeResult } from '../platform/slots.ts'
import { limitTime } from '../platform/timeLimit.ts'

/** Requests of the container to this host are intercepted by the gateway. It is not a DNS name. */
const GATEWAY_HOST = 'gateway.reelqueue'
/** A cold start takes 1 to 3 s. A runner that has not claimed after this time counts as failed. */
const MAX_START_MS = 60_000
/**
 * An idle runner repeats its claim after at most 8 s. A runner that runs a job may send none; its lease
 * is watched instead.
 */
const MAX_SILENCE_MS = 60_000
const CHECK_INTERVAL_MS = 30_000
/** A slot whose container ended before a claim is not started again for this time. */
const COOLDOWN_MS = 60_000
/**
 * Time limit for applying the interception to a container that runs already. The constructor keeps
 * the object from handling anything else in this time.
 */
const MAX_INTERCEPT_MS = 10_000
/**
 * Time after SIGTERM in which a runner finishes the job or the chunk at hand. The platform sends SIGKILL
 * 15 minutes after SIGTERM.
 */
const SHUTDOWN_SECONDS = 840
/** The platform stops the container if the alarm does not renew this timeout in time. */
const INACTIVITY_MS = 600_000

/** One run of the container, from its start until its end has been handled. */
interface ContainerRun {
  runner: string
  queue: string
  startedAt: number
  /** When the runner sent its last claim; null before the first. */
  heardAt: number | null
}

// Keys of the object's storage. They must not change: a container keeps running during a deploy,
// and its run is stored under them.
const RUN_KEY = 'life'
const COOLDOWN_KEY = 'restUntil'

export class RunnerSlot extends DurableObject<Env> {
  private ending: Promise<void> | null = null
  /** True once this object has applied the interception, which ends with the object. */
  private isIntercepting = false

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    // The object was rebuilt while its container kept running. The interception of the earlier
    // object has ended, so it is applied again before this object handles anything else.
    const { run } = this
    if (run && ctx.container?.running) {
      this.observeExit(run)
      void ctx.blockConcurrencyWhile(() => this.resume(run))
    }
  }

  /** The object is named after its slot. */
  private get slot(): string {
    return this.ctx.id.name!
  }

  private get run(): ContainerRun | undefined {
    return this.ctx.storage.kv.get<ContainerRun>(RUN_KEY)
  }

  /** Starts the container unless it runs or cools down. Concurrent calls start it once. */
  async wake(queues: string[]): Promise<WakeResult> {
    await this.ending
    const { container } = this.ctx
    if (!container) {
      this.log('error', 'slot_failed', {
        error: 'RunnerSlot has no container. Configure [[containers]] in wrangler.toml.',
      })
      return 'failed'
    }
    if (this.run && !container.running) {
      await this.endRun(this.run, 'exit not observed')
    }
    const { run } = this
    if (run) {
      // A container that was started for another queue takes a job of that queue.
      return run.heardAt === null && run.queue === queues[0] ? 'starting' : 'busy'
    }
    if (Date.now() < (this.ctx.storage.kv.get<number>(COOLDOWN_KEY) ?? 0)) {
      return 'cooling_down'
    }
    return this.start(container, queues)
  }

  /** Records that a runner has just sent a claim. Ignored if it is not the runner of this slot. */
  recordContact(runner: string): void {
    const { run } = this
    if (run?.runner === runner) {
      this.saveRun({ ...run, heardAt: Date.now() })
    }
  }

  override async alarm(): Promise<void> {
    const { run } = this
    const { container } = this.ctx
    if (!run || !container) {
      return
    }
    const now = Date.now()
    // Set before anything that can fail, because a failing alarm is not repeated for ever.
    await this.ctx.storage.setAlarm(now + CHECK_INTERVAL_MS)
    if (!container.running) {
      return this.endRun(run, 'exit not observed')
    }
    await container.setInactivityTimeout(INACTIVITY_MS)
    if (!this.isIntercepting) {
      await this.resume(run)
    }
    const isSilent =
      run.heardAt === null
        ? now - run.startedAt >= MAX_START_MS
        : now - run.heardAt >= MAX_SILENCE_MS
    if (isSilent && !(await isBusy(this.platform(), run.runner))) {
      await this.endRun(run, 'silent')
    }
  }

  /**
   * Continues to watch a container that an earlier object started. If the interception fails, the
   * next alarm applies it.
   */
  private async resume(run: ContainerRun): Promise<void> {
    try {
      await limitTime(this.interceptRequests(run), MAX_INTERCEPT_MS)
    } catch (error) {
      this.log('error', 'slot_failed', { runner: run.runner, error: describeError(error) })
    }
    // Without an alarm, the platform would stop the container.
    if ((await this.ctx.storage.getAlarm()) === null) {
      await this.ctx.storage.setAlarm(Date.now())
    }
  }

  /** Sends the requests of the container to the gateway, which identifies its runner. */
  private async interceptRequests({ runner }: ContainerRun): Promise<void> {
    const gateway = this.ctx.exports.RunnerGateway({ props: { runner } })
    await this.ctx.container!.interceptOutboundHttp(GATEWAY_HOST, gateway)
    this.isIntercepting = true
  }

  private async start(container: Container, queues: string[]): Promise<WakeResult> {
    const { diskBytes, idleSeconds, gateway } = this.platform().settings.containers
    const runner = `${this.slot}-${crypto.randomUUID().slice(0, 8)}`
    const run = { runner, queue: queues[0]!, startedAt: Date.now(), heardAt: null }
    // Saved before the first await, so that a concurrent call finds the slot starting.
    this.saveRun(run)
    try {
      await this.ctx.storage.setAlarm(run.startedAt + MAX_START_MS)
      await this.interceptRequests(run)
      container.start({
        enableInternet: false,
        env: {
          GATEWAY_URL: gateway?.url ?? `http://${GATEWAY_HOST}`,
          ...(gateway && { RUNNER_TOKEN: gateway.token }),
          RUNNER_ID: runner,
          QUEUES: queues.join(','),
          IDLE_SECONDS: String(idleSeconds),
          SHUTDOWN_SECONDS: String(SHUTDOWN_SECONDS),
          DISK_BYTES: String(diskBytes),
        },
      })
      await container.setInactivityTimeout(INACTIVITY_MS)
    } catch (error) {
      await this.endRun(run, String(error))
      return 'failed'
    }
    this.log('info', 'slot_started', { runner, queues })
    this.observeExit(run)
    return 'started'
  }

  private observeExit(run: ContainerRun): void {
    const exit = this.ctx.container!.monitor().then(
      () => 'exit code 0',
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    )
    this.ctx.waitUntil(exit.then((how) => this.endRun(run, how)))
  }

  /** Handles the end of a run once, even if the exit and the alarm report it at the same time. */
  private endRun(run: ContainerRun, how: string): Promise<void> {
    if (this.run?.runner !== run.runner) {
      return Promise.resolve()
    }
    return (this.ending ??= this.cleanUpRun(this.run, how).finally(() => (this.ending = null)))
  }

  private async cleanUpRun(run: ContainerRun, how: string): Promise<void> {
    const platform = this.platform()
    const { runner, queue } = run
    const jobsLost = await failJobsOfRunner(
      platform,
      runner,
      `The container of ${this.slot} ended while it was running this job (${how}).`,
    )
    // Stops a container that still runs, for example one that crashed and that the engine of
    // `wrangler dev` has restarted.
    await this.ctx.container?.destroy().catch(() => undefined)
    const seconds = Math.round((Date.now() - run.startedAt) / 1000)
    const claimed = run.heardAt !== null
    this.log(claimed && jobsLost === 0 ? 'info' : 'error', 'slot_ended', {
      runner,
      how,
      seconds,
      claimed,
      jobsLost,
    })
    if (!claimed) {
      this.ctx.storage.kv.put(COOLDOWN_KEY, Date.now() + COOLDOWN_MS)
      await platform.sendTickets(queue, 1)
    }
    await this.ctx.storage.deleteAlarm()
    this.ctx.storage.kv.delete(RUN_KEY)
  }

  private saveRun(run: ContainerRun): void {
    this.ctx.storage.kv.put(RUN_KEY, run)
  }

  private platform() {
    return createPlatform(this.env, this.ctx.waitUntil.bind(this.ctx))
  }

  private log(level: 'info' | 'error', event: string, fields: Record<string, unknown>): void {
    const log = level === 'info' ? logInfo : logError
    log(event, { slot: this.slot, ...fields })
  }
}
