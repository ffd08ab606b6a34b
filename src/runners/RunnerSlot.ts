/**
 * One slot: it starts and stops one container and knows whether its runner lives. Which job the
 * runner has, if any, is in D1; the slot asks for no more than that.
 *
 * The runner ends by itself when it finds no work, so the alarm only sees to what went wrong: a
 * container that never spoke up, or fell silent without a job.
 */
import { DurableObject } from 'cloudflare:workers'
import { isBusy, failJobsOfRunner } from '../services/queues/wakeRunners.ts'
import { createPlatform } from '../platform/platform.ts'
import type { WakeAnswer } from '../platform/slots.ts'

/** Requests of a container to this host go to the gateway; it is a name that exists nowhere else. */
const GATEWAY_HOST = 'gateway.reelqueue'
/** A cold start takes 1 to 3 s; one that has not claimed by then never will. */
const START_MS = 60_000
/** An idle runner asks for work every 8 s, and one with a job is known by its lease. */
const SILENT_MS = 60_000
const CHECK_MS = 30_000
/** After a start that came to nothing the others are tried first. */
const REST_MS = 60_000
/** The platform's own net, far behind the alarm that extends it. */
const INACTIVITY_MS = 600_000

/** One run of the container, from its start until its end has been dealt with. */
interface Life {
  runner: string
  queue: string
  startedAt: number
  heardAt: number | null
}

export class RunnerSlot extends DurableObject<Env> {
  private ending: Promise<void> | null = null

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    // Built anew beside a container that went on: its end is still to be noticed.
    if (this.life && ctx.container?.running) {
      this.watch(this.life)
    }
  }

  private get slot(): string {
    return this.ctx.id.name!
  }
  private get life(): Life | undefined {
    return this.ctx.storage.kv.get<Life>('life')
  }

  /** Starts the container if it is not up. Asked twice, it starts once. */
  async wake(queues: string[]): Promise<WakeAnswer> {
    await this.ending
    const { container } = this.ctx
    if (!container) {
      return this.fail('there is no container: is one configured for this class?')
    }
    if (this.life && !container.running) {
      await this.end(this.life, 'unseen')
    }
    const { life } = this
    if (life) {
      return life.heardAt === null ? 'starting' : 'busy'
    }
    if (Date.now() < (this.ctx.storage.kv.get<number>('restUntil') ?? 0)) {
      return 'resting'
    }
    return this.start(container, queues)
  }

  /** Its runner, or one of that name, has just asked for work. */
  heard(runner: string): void {
    const { life } = this
    if (life?.runner === runner) {
      this.keep({ ...life, heardAt: Date.now() })
    }
  }

  override async alarm(): Promise<void> {
    const { life } = this
    const { container } = this.ctx
    if (!life || !container) {
      return
    }
    if (!container.running) {
      return this.end(life, 'unseen')
    }
    const now = Date.now()
    const silent =
      life.heardAt === null ? now - life.startedAt >= START_MS : now - life.heardAt >= SILENT_MS
    if (silent && !(await isBusy(this.platform(), life.runner))) {
      return this.end(life, 'silent')
    }
    await container.setInactivityTimeout(INACTIVITY_MS)
    await this.ctx.storage.setAlarm(now + CHECK_MS)
  }

  private async start(container: Container, queues: string[]): Promise<WakeAnswer> {
    const { diskBytes, idleSeconds, gateway } = this.platform().settings.containers
    const runner = `${this.slot}-${crypto.randomUUID().slice(0, 8)}`
    const life = { runner, queue: queues[0]!, startedAt: Date.now(), heardAt: null }
    // Before the first wait, so that whoever asks meanwhile finds it starting.
    this.keep(life)
    try {
      await this.ctx.storage.setAlarm(life.startedAt + START_MS)
      const answering = this.ctx.exports.RunnerGateway({ props: { runner } })
      await container.interceptOutboundHttp(GATEWAY_HOST, answering)
      container.start({
        enableInternet: false,
        env: {
          GATEWAY_URL: gateway?.url ?? `http://${GATEWAY_HOST}`,
          ...(gateway && { RUNNER_TOKEN: gateway.token }),
          RUNNER_ID: runner,
          QUEUES: queues.join(','),
          IDLE_SECONDS: String(idleSeconds),
          DISK_BYTES: String(diskBytes),
        },
      })
      await container.setInactivityTimeout(INACTIVITY_MS)
    } catch (error) {
      await this.end(life, String(error))
      return 'failed'
    }
    this.log('info', 'slot_started', { runner, queues })
    this.watch(life)
    return 'started'
  }

  private watch(life: Life): void {
    const exit = this.ctx.container!.monitor().then(
      () => 'exit code 0',
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    )
    this.ctx.waitUntil(exit.then((how) => this.end(life, how)))
  }

  /** Deals with the end of a life, once, however many notice it. */
  private end(life: Life, how: string): Promise<void> {
    if (this.life?.runner !== life.runner) {
      return Promise.resolve()
    }
    return (this.ending ??= this.settle(this.life, how).finally(() => (this.ending = null)))
  }

  private async settle(life: Life, how: string): Promise<void> {
    const platform = this.platform()
    const { runner, queue } = life
    const lost = await failJobsOfRunner(
      platform,
      runner,
      `The container of ${this.slot} ended while it worked on this job (${how}).`,
    )
    // What still runs is stopped; `wrangler dev` has the engine start again what ended badly.
    await this.ctx.container?.destroy().catch(() => undefined)
    const seconds = Math.round((Date.now() - life.startedAt) / 1000)
    const claimed = life.heardAt !== null
    this.log(claimed && lost === 0 ? 'info' : 'error', 'slot_ended', {
      runner,
      how,
      seconds,
      claimed,
      jobsLost: lost,
    })
    if (!claimed) {
      this.ctx.storage.kv.put('restUntil', Date.now() + REST_MS)
      await platform.sendTickets(queue, 1)
    }
    await this.ctx.storage.deleteAlarm()
    this.ctx.storage.kv.delete('life')
  }

  private fail(error: string): WakeAnswer {
    this.log('error', 'slot_failed', { error })
    return 'failed'
  }

  private keep(life: Life): void {
    this.ctx.storage.kv.put('life', life)
  }

  private platform() {
    return createPlatform(this.env, this.ctx.waitUntil.bind(this.ctx))
  }

  private log(level: 'info' | 'error', event: string, fields: Record<string, unknown>): void {
    console[level](JSON.stringify({ event, slot: this.slot, ...fields }))
  }
}
