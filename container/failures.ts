/**
 * Errors that end an attempt, and errors of requests to the gateway. They are thrown, or used as
 * the reason with which the attempt's signal aborts, for example after a lost lease, a shutdown or
 * a timeout. `runAssignment.ts` reports to the gateway how the attempt ended, unless the lease is lost.
 */
import type { AttemptFailureCode } from '../src/contract/failureCode.ts'

/**
 * The attempt fails. Users read `message`, so it must not contain paths of this machine or URLs.
 */
export class JobFailure extends Error {
  override name = 'JobFailure'
  readonly code: AttemptFailureCode

  constructor(code: AttemptFailureCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/**
 * The output has a wrong duration, or a track of it is missing, perhaps because times of an input
 * are wrong.
 */
export class DurationFailure extends JobFailure {}

/** The request is for a second after the end of the file. The duration may be a declared one. */
export class OutsideOfFile extends JobFailure {}

/** A job cannot be made from its chunks. It is encoded once more, as a whole. */
export class CannotJoin extends JobFailure {}

/** Files of completed chunks are missing or damaged. The gateway lets them be made again. */
export class ChunksLost extends JobFailure {
  readonly indexes: readonly number[]

  constructor(indexes: readonly number[]) {
    super(
      'storage',
      `The files of completed chunks are missing or damaged in storage: ${indexes.join(', ')} (counted from 0). They are made again.`,
    )
    this.indexes = indexes
  }
}

/** Throws the error of a chunk of a stream. Segments that are not as planned would be so again. */
export function asUnsplit(error: unknown): never {
  throw error instanceof JobFailure && error.code === 'output_invalid'
    ? new CannotJoin('output_invalid', error.message, { cause: error })
    : error
}

/**
 * ffmpeg has met a time that goes back, jumps, or is outside of the file, in a file whose times were
 * not examined. The attempt examines them, and plans anew.
 */
export class WrongTimes extends Error {
  override name = 'WrongTimes'
}

/**
 * The lease is lost: the gateway says so, or no report has succeeded for too long (see
 * `heartbeat.ts`). The attempt ends without a finish request.
 */
export class LeaseLost extends Error {
  override name = 'LeaseLost'
}

/**
 * The runner releases the job, with `message` as the reason. The attempt does not count, unless the
 * job was interrupted too often.
 */
export class AttemptReleased extends Error {
  override name = 'AttemptReleased'
}

/** All tries of a request failed: the gateway was unreachable, or its responses were not usable. */
export class GatewayUnreachable extends Error {
  override name = 'GatewayUnreachable'
}

/**
 * The gateway assigned a job, and this runner cannot read the assignment, for example because the
 * gateway is older or newer.
 */
export class UnreadableAssignment extends Error {
  override name = 'UnreadableAssignment'
}

/**
 * The gateway rejected a request (most statuses from 400 to 499), or did not return the requested
 * range of a file. The request is not sent again.
 */
export class GatewayRejection extends Error {
  override name = 'GatewayRejection'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/**
 * Converts GatewayUnreachable and GatewayRejection to a `storage` failure with this message; returns
 * other errors.
 */
export function toStorageFailure(error: unknown, message: string): unknown {
  return error instanceof GatewayUnreachable || error instanceof GatewayRejection
    ? new JobFailure('storage', message, { cause: error })
    : error
}
