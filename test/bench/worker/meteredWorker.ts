/**
 * The Worker, with counters of what costs money: queries, queue operations, and calls of Durable
 * Objects. `GET /bench/counts` returns them, and `POST /bench/cron` runs the cron trigger; the trigger
 * that the host fires each minute does nothing.
 */
import worker, * as entryPoints from '../../../src/index.ts'
import type { Counts } from '../counts.ts'

const counts: Counts = { queries: 0, queueOperations: 0, objectStarts: 0, objectCalls: 0 }

type StatementMethod = 'run' | 'all' | 'raw' | 'first'
const originals = new WeakMap<object, D1PreparedStatement>()

function meterStatement(statement: D1PreparedStatement): D1PreparedStatement {
  const metered = new Proxy(statement, {
    get(target, name: StatementMethod | 'bind') {
      return (...values: unknown[]) => {
        if (name === 'bind') {
          return meterStatement(target.bind(...values))
        }
        counts.queries++
        return (target[name] as (...values: unknown[]) => unknown)(...values)
      }
    },
  })
  originals.set(metered, statement)
  return metered
}

function meterEnv(env: Env): Env {
  const DB = {
    prepare: (sql: string) => meterStatement(env.DB.prepare(sql)),
    batch: (statements: D1PreparedStatement[]) => {
      counts.queries++
      return env.DB.batch(statements.map((statement) => originals.get(statement) ?? statement))
    },
  } as D1Database
  const TICKETS = {
    sendBatch: (messages: never) => {
      counts.queueOperations++
      return env.TICKETS.sendBatch(messages)
    },
  } as Env['TICKETS']
  return { ...env, DB, TICKETS }
}

type ObjectClass = new (ctx: DurableObjectState, env: Env) => object

/** Counts the starts of an object, and the calls of all its methods. */
function meterObject<Class extends ObjectClass>(Original: Class): Class {
  const Metered = class extends (Original as ObjectClass) {
    constructor(ctx: DurableObjectState, env: Env) {
      counts.objectStarts++
      super(ctx, meterEnv(env))
    }
  }
  const prototype = Original.prototype as Record<string, (...values: unknown[]) => unknown>
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (typeof value === 'function' && name !== 'constructor') {
      Object.defineProperty(Metered.prototype, name, {
        value(this: object, ...values: unknown[]) {
          counts.objectCalls++
          return (value as (...values: unknown[]) => unknown).apply(this, values)
        },
      })
    }
  }
  return Metered as Class
}

export const QueueHub = meterObject(entryPoints.QueueHub)
export const StreamLimiter = meterObject(entryPoints.StreamLimiter)
export const RunnerSlot = meterObject(entryPoints.RunnerSlot)
export const { RunnerGateway } = entryPoints

let meteredEnv: Env | undefined

export default {
  async fetch(request, env, ctx) {
    meteredEnv ??= meterEnv(env)
    const { pathname } = new URL(request.url)
    if (pathname === '/bench/counts') {
      return Response.json(counts)
    }
    if (pathname === '/bench/cron') {
      const deferred: Promise<unknown>[] = []
      const waitUntil = (work: Promise<unknown>) => void deferred.push(work)
      await (worker as unknown as Scheduled).scheduled(null, meteredEnv, { waitUntil })
      await Promise.allSettled(deferred)
      return new Response()
    }
    return worker.fetch(request, meteredEnv, ctx)
  },
  async queue(batch, env, ctx) {
    counts.queueOperations++
    await worker.queue(batch, meterEnv(env), ctx)
  },
  scheduled() {},
} satisfies ExportedHandler<Env>

/** The handler, with as much of the context as it uses. */
interface Scheduled {
  scheduled: (controller: null, env: Env, ctx: Pick<ExecutionContext, 'waitUntil'>) => Promise<void>
}
