/**
 * The gateway as the containers reach it. Their requests to one made-up host are answered here, with no
 * token: who is calling is in the props, which the slot has set and the container cannot.
 */
import { WorkerEntrypoint } from 'cloudflare:workers'
import { createService } from '../http/baseApp.ts'
import { gateway } from './handlers.ts'

export interface RunnerProps {
  /** The id of the one runner in the container. */
  runner: string
}

/** The runner's routes, and no others: a container reaches nothing else of this service. */
const service = createService().route('/runner', gateway)

export class RunnerGateway extends WorkerEntrypoint<Env, RunnerProps> {
  override fetch(request: Request): Response | Promise<Response> {
    return service.fetch(request, { ...this.env, CALLER: this.ctx.props.runner }, this.ctx)
  }
}
