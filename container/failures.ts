/**
 * The ways in which an attempt ends other than well. They travel as thrown errors and as abort
 * reasons, so that whoever notices first (a report refused, a signal, a timer, ffmpeg itself)
 * ends the whole attempt with one value. What each becomes in the protocol is decided in work.ts.
 */
import type { FailureCode } from '../src/contract/failureCode.ts'

/** The job failed. `message` is read by the person who sent the file: no paths, no URLs. */
export class JobFailure extends Error {
  override name = 'JobFailure'
  readonly code: FailureCode

  constructor(code: FailureCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** The job has gone to another runner, or is no more. Nothing may be said about it any longer. */
export class LeaseLost extends Error {
  override name = 'LeaseLost'
}

/** The job goes back unharmed. `message` is the reason given to the gateway. */
export class AttemptReleased extends Error {
  override name = 'Released'
}

/** The gateway could not be reached, or kept answering 5xx, for as many tries as were allowed. */
export class GatewayUnreachable extends Error {
  override name = 'GatewayUnreachable'
}

/** The gateway understood and said no (a 4xx without a meaning of its own): trying again is no use. */
export class GatewayRejection extends Error {
  override name = 'GatewayRefusal'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}
