/**
 * Runners that each reach the gateway through a proxy of their own, so that a test knows which runner
 * sends a request, and can kill it at this moment. A killed runner is replaced.
 */
import type { Assignment } from '../../../src/contract/runnerProtocol.ts'
import type { System } from '../fixtures/system.ts'
import { sendSignal } from './processes.ts'
import { type GatewayResponse, type ProxiedRequest, startProxy } from './proxy.ts'
import { startRunner } from './runner.ts'

export interface CrewRunner {
  name: string
  pid: number
  /** Kills the process with SIGKILL, and starts another runner. Once killed, it does nothing. */
  kill: () => void
  /** Stops the process until the returned function is called. A killed one stays dead. */
  freeze: () => () => void
}

/** A request of a runner about a job or a chunk. */
export interface RunnerRequest extends ProxiedRequest {
  id: string
  /** The end of the path, as `finish`, `output` or `output/1`, without the query. */
  action: string
  query: string
  runner: CrewRunner
}
/** Called with each assignment that a runner has received. */
export type ClaimListener = (assignment: Assignment, runner: Promise<CrewRunner>) => void
export type CrewRule = (request: RunnerRequest) => Promise<GatewayResponse | null>

export type Crew = Awaited<ReturnType<typeof startCrew>>

export async function startCrew(system: System, size: number) {
  const forwardUnchanged: CrewRule = ({ forward }) => forward()
  let rule = forwardUnchanged
  let onClaim: ClaimListener = () => {}
  let count = 0
  const cleanups: (() => Promise<unknown>)[] = []
  const replacements: Promise<unknown>[] = []

  async function add(): Promise<CrewRunner> {
    const proxy = await startProxy(system.url)
    const name = `crew-${++count}`
    const ready = Promise.withResolvers<CrewRunner>()
    proxy.setRule(async (proxied) => {
      const [, id, action, query = ''] =
        /^\/runner\/jobs\/([^/]+)\/([^?]+)\??(.*)$/.exec(proxied.path) ?? []
      if (id === undefined || action === undefined) {
        const response = await proxied.forward()
        if (proxied.path === '/runner/claim' && response.status === 200) {
          onClaim(JSON.parse(response.body.toString()) as Assignment, ready.promise)
        }
        return response
      }
      return rule({ ...proxied, id, action, query, runner: await ready.promise })
    })
    const started = await startRunner(system, { gatewayUrl: proxy.url, name })
    const { pid } = started
    let isKilled = false
    const signalIfAlive = (signal: NodeJS.Signals) => !isKilled && sendSignal(pid, signal)
    const runner = {
      name,
      pid,
      kill: () => {
        if (signalIfAlive('SIGKILL')) {
          isKilled = true
          replacements.push(add())
        }
      },
      freeze: () => {
        signalIfAlive('SIGSTOP')
        return () => void signalIfAlive('SIGCONT')
      },
    }
    cleanups.push(async () => {
      if (!isKilled) {
        await started.stop()
      }
      await proxy.close()
    })
    ready.resolve(runner)
    return runner
  }

  await Promise.all(Array.from({ length: size }, add))
  return {
    add,
    setClaimListener: (next: ClaimListener) => (onClaim = next),
    setRule: (next: CrewRule = forwardUnchanged) => (rule = next),
    async stop(): Promise<void> {
      await Promise.all(replacements)
      await Promise.all(cleanups.map((cleanUp) => cleanUp()))
    },
  }
}
