/**
 * Calls the queue hubs, which are Durable Objects named after their queues, and the hub of the
 * streams that follow all queues.
 */
import { describeError, logError } from '../log.ts'
import { ALL_QUEUES, type Hubs, type WorkWait } from '../services/ports.ts'
import type { StreamTarget } from '../db/events.ts'
import type { ErrorResult } from '../domain/result.ts'
import type { EventFilter } from '../domain/subscription.ts'
import { summarizeCapabilities } from '../domain/runnerRequirements.ts'
import { limitTime } from './timeLimit.ts'

/**
 * Heartbeat of an event socket. The runtime responds to PING with PONG without waking the object. A
 * socket that brings no message between two heartbeats is closed, because its `readyState` can
 * still be OPEN after the connection is lost.
 */
export const PING = 'ping'
export const PONG = 'pong'

/**
 * A claim goes on without a hub that has not answered after this time. The runner's own time limit
 * for a claim is 10 s more than its wait.
 */
const MAX_CONNECT_MS = 2_000
const MAX_WAKE_MS = 5_000
/** A runner waits up to 5 s for the response to a report, or half its lease if that is less. */
const MAX_REPORT_MS = 1_000
/** A hub that has not answered by then is left out: a job is shown with its stored progress. */
const MAX_READ_MS = 500
/** A round of the watchdog can end many attempts. */
const MAX_WATCHDOG_MS = 20_000

/**
 * An open event stream of a queue. The socket brings each new event as bytes that can be sent to a
 * client as they are (`frames.ts`), once it is accepted.
 */
export interface EventStream {
  ok: true
  socket: WebSocket
  /** The id of the event after which the stream begins. */
  cursor: number
  /** The socket brings the events after this one. Those before it are in the log. */
  liveAfter: number
  /** Events after the requested id may be missing, so the stream begins with new events. */
  isLost: boolean
}

export interface StreamOptions extends Pick<StreamTarget, 'job' | 'since'> {
  filter: EventFilter
}

export type StreamError = ErrorResult<'queue_not_found' | 'job_not_found'>

export interface HubClient extends Hubs {
  /** Runs the queue's watchdog once, now. */
  runWatchdog(queue: string): Promise<void>
  /** Delivers events of which the hub of all queues was not notified. */
  deliverInHubOfAllQueues(): Promise<void>
  /** Opens an event stream of a queue, or (null) of all queues. */
  openStream(queue: string | null, options: StreamOptions): Promise<EventStream | StreamError>
}

export function createHubClient(namespace: Env['HUBS']): HubClient {
  const getHub = (queue: string) => namespace.getByName(queue)
  const connect = (queue: string, path: string): Promise<Response> =>
    getHub(queue).fetch(`http://hub${path}`, { headers: { Upgrade: 'websocket' } })
  return {
    async notify(queue, deadline, ended) {
      await Promise.all([getHub(queue).notify(deadline, ended), getHub(ALL_QUEUES).notify(null)])
    },
    async sendProgress(queue, filePath, progress) {
      await getHub(queue).sendProgress(filePath, progress)
    },
    report: async (queue, claim, report) =>
      limitTime(getHub(queue).report(claim, report), MAX_REPORT_MS),
    holdLease: async (queue, lease) => limitTime(getHub(queue).holdLease(lease), MAX_REPORT_MS),
    readProgress: async (queue, jobIds) =>
      limitTime(getHub(queue).readProgress(jobIds), MAX_READ_MS),
    countStreams: async (queue) => limitTime(getHub(queue).countStreams(), MAX_READ_MS),
    useWebhooks: () => getHub(ALL_QUEUES).useWebhooks(),
    deliverInHubOfAllQueues: () => getHub(ALL_QUEUES).notify(null),
    offerJobs: async (queue, jobs, count) =>
      limitTime(getHub(queue).offerJobs(jobs, count), MAX_WAKE_MS),
    wake: (queue, count) => limitTime(getHub(queue).wake(count), MAX_WAKE_MS),
    runWatchdog: (queue) => limitTime(getHub(queue).runWatchdog(), MAX_WATCHDOG_MS),
    async openStream(queue, options) {
      const query = new URLSearchParams({ options: JSON.stringify(options) })
      const response = await connect(queue ?? ALL_QUEUES, `/stream?${query}`)
      if (response.status === 404) {
        return response.json<StreamError>()
      }
      return {
        ok: true,
        socket: readSocket(response),
        cursor: Number(response.headers.get('X-Cursor')),
        liveAfter: Number(response.headers.get('X-Live-After')),
        isLost: response.headers.has('X-Resync'),
      }
    },
    async waitForWork(queues, capabilities) {
      const query = new URLSearchParams({
        capabilities: JSON.stringify(summarizeCapabilities(capabilities)),
      })
      const sockets = await Promise.all(
        queues.map((queue) =>
          findSocket(queue, () => connect(queue, `/runner?${query}`).then(readSocket)),
        ),
      )
      return createWorkWait(sockets.filter((socket) => socket !== null))
    },
  }
}

function readSocket({ webSocket, status }: Response): WebSocket {
  if (!webSocket) {
    throw new Error(`the hub returned ${status} for a WebSocket upgrade`)
  }
  return webSocket
}

/** Closes a socket that nobody has accepted. */
export function closeUnused(socket: WebSocket): void {
  socket.accept()
  socket.close(1000)
}

/** Returns null if the hub fails or does not answer. A socket that opens later is closed. */
async function findSocket(
  queue: string,
  open: () => Promise<WebSocket>,
): Promise<WebSocket | null> {
  try {
    return await limitTime(open(), MAX_CONNECT_MS, closeUnused)
  } catch (error) {
    logError('hub_unreachable', { queue, error: describeError(error) })
    return null
  }
}

function createWorkWait(sockets: WebSocket[]): WorkWait {
  const woken = new Promise<true>((resolve) => {
    for (const socket of sockets) {
      socket.addEventListener('message', () => resolve(true))
      // The socket closes when a deploy restarts the hub. Wake-ups may be lost, so the runner
      // claims again.
      socket.addEventListener('close', () => resolve(true))
      socket.accept()
    }
  })
  return {
    async wait(ms) {
      let timer: number | null = null
      const timeout = new Promise<false>((resolve) => {
        timer = setTimeout(() => resolve(false), ms)
      })
      const result = await Promise.race([woken, timeout])
      clearTimeout(timer)
      return result
    },
    close() {
      for (const socket of sockets) {
        socket.close(1000)
      }
    },
  }
}
