/**
 * Errors that end an attempt, and errors of requests to the gateway. They are also used as abort
 * reasons, so that every cause (a failed report, a signal, a timeout, a failure of ffmpeg) ends an
 * attempt with one of them. `runAssignment.ts` turns them into the message that finishes the job.
 */
import type { FailureCode } from '../src/contract/failureCode.ts'

/** The job fails. Users read `message`, so it contains no path of this machine and no URL. */
export class JobFailure extends Error {
  override name = 'JobFailure'
  readonly code: FailureCode

  constructor(code: FailureCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Another runner has the job, or it no longer exists. The attempt ends without a finish. */
export class LeaseLost extends Error {
  override name = 'LeaseLost'
}

/** The runner releases the job, and the attempt does not count. `message` is sent as the reason. */
export class AttemptReleased extends Error {
  override name = 'AttemptReleased'
}

/** Every try of a request failed: the gateway was unreachable, or responded with errors. */
export class GatewayUnreachable extends Error {
  override name = 'GatewayUnreachable'
}

/**
 * The gateway rejected a request, and trying again would not help (most statuses from 400 to 499).
 */
export class GatewayRejection extends Error {
  override name = 'GatewayRejection'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}
