/** How an error becomes a message and an exit code. */
import { CommanderError } from 'commander'
import { ReelqueueError } from '../client/index.ts'
import { CliError, EXIT } from './cliError.ts'
import type { Settings } from './settings.ts'

interface Description {
  /** Empty if it is already printed. */
  message: string
  hint: string | null
  exitCode: number
}

/** @param settings those of the command; null if they could not be read */
export function describeError(error: unknown, settings: Settings | null): Description {
  if (error instanceof CliError) {
    const { message, hint, exitCode } = error
    return { message, hint, exitCode }
  }
  if (error instanceof CommanderError) {
    // commander has printed it. Only help and the version have the exit code 0.
    return { message: '', hint: null, exitCode: error.exitCode === 0 ? EXIT.ok : EXIT.usage }
  }
  if (error instanceof ReelqueueError) {
    return describeRequestError(error, settings)
  }
  // An error of the operating system, such as a file that cannot be read.
  const isSystemError = error instanceof Error && 'syscall' in error
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return {
    message: isSystemError ? error.message : text,
    hint: null,
    exitCode: EXIT.failure,
  }
}

function describeRequestError(error: ReelqueueError, settings: Settings | null): Description {
  const { status, code, message, requestId } = error
  if (code === 'network_error' && settings) {
    return {
      message: `There is no service at ${settings.url}: ${findReason(error)}.`,
      hint: settings.isLocal
        ? 'Start it with "npm start" in another terminal, or name another service with --url or REELQUEUE_URL.'
        : 'Check the address: it is from ' + settings.urlSource + '.',
      exitCode: EXIT.failure,
    }
  }
  if (status === 401 && settings) {
    return {
      ...describeMissingAccess(settings),
      exitCode: EXIT.notAllowed,
    }
  }
  if (status === 403) {
    const hint = settings?.apiKey
      ? `The API key is from ${settings.keySource}. "reelqueue whoami" shows what it may do.`
      : 'Sign in with "reelqueue login".'
    return { message, hint, exitCode: EXIT.notAllowed }
  }
  return {
    message,
    hint:
      status >= 500 && requestId ? `Request id, for the logs of the service: ${requestId}` : null,
    exitCode: EXIT.failure,
  }
}

function describeMissingAccess({ url, apiKey, keySource, isLocal }: Settings) {
  const start = isLocal
    ? '"npm start" prints the key. If the service was started with STATE_DIR or API_KEY, set the same variable here, or set REELQUEUE_API_KEY to its key.'
    : 'Sign in with "reelqueue login", or set REELQUEUE_API_KEY.'
  return apiKey === null
    ? { message: `${url} requires an API key, and none was found.`, hint: start }
    : { message: `${url} rejected the API key from ${keySource}.`, hint: start }
}

/** Returns the innermost message: that of `fetch` itself is only "fetch failed". */
function findReason(error: Error): string {
  let reason: Error = error
  while (reason.cause instanceof Error) {
    reason = reason.cause
  }
  // Several addresses of a host were tried.
  const [first] = reason instanceof AggregateError ? (reason.errors as Error[]) : []
  return (first ?? reason).message
}
