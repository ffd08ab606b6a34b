/**
 * The gateway for containers. Requests of a container to one host name are routed here. They need
 * no token: the slot sets the id of the runner as a prop, which the container cannot change.
 */
import { WorkerEntrypoint } from 'cloudflare:workers'
import { createBaseApp } from '../http/baseApp.ts'
import { gateway } from './handlers.ts'

export interface RunnerProps {
  /** The id of the one runner in the container. */
  runner: string
}

/** Only the routes of the runner API: a container has access to nothing else of this service. */
const service = createBaseApp().route('/runner', gateway)

export class RunnerGateway extends WorkerEntrypoint<Env, RunnerProps> {
  override fetch(request: Request): Response | Promise<Response> {
    return service.fetch(
      request,
      { ...this.env, CONTAINER_RUNNER_ID: this.ctx.props.runner },
      this.ctx,
    )
  }
}
