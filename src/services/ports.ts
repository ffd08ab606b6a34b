/**
 * The ports of the services: hubs, container slots, tickets, the database and the object stores.
 * `src/platform` creates them from the Worker's bindings, so that no service reads the environment.
 */
import type { ChunkCounts, ProgressData } from '../contract/events.ts'
import type { JobStage } from '../contract/job.ts'
import type { Report } from '../contract/runnerProtocol.ts'
import type { Database } from '../db/database.ts'
import type { Claim } from '../db/leases.ts'
import type { JobRequirements, RunnerCapabilities } from '../domain/runnerRequirements.ts'
import type { SigningKeys } from '../domain/signature.ts'
import type { ObjectStore } from '../storage/objectStore.ts'
import type { CredentialBucket, S3Credentials } from '../storage/s3/credential.ts'
import type { S3Store } from '../storage/s3/store.ts'

/** The latest progress of a claim of a job. */
export interface JobProgress {
  jobId: string
  fence: number
  progress: number
  stage: JobStage | null
  etaSeconds: number | null
  fps: number | null
  speed: number | null
  /** Set for a split job. */
  chunks?: ChunkCounts
}

/** The lease of a running job, as its hub holds it in memory. */
export interface HeldLease extends JobProgress {
  filePath: string
  runnerSecretHash: string | null
  leaseSeconds: number
  /** The lease is not extended beyond this time (ms since the epoch). */
  latestExpiry: number
  /** True if the database has recorded that the package can be played. */
  isPlayable: boolean
  isChunk: boolean
  /** For a chunk: missing until its next report, if the hub has read the lease from the database. */
  chunk?: HeldChunk
}

/** A chunk whose lease is held, and the state of its job at the last report that was recorded. */
export interface HeldChunk {
  /** The job, and its fence. */
  jobId: string
  fence: number
  /** Share of this chunk in the job's work, and that of the completed chunks, in percent. */
  share: number
  completedShare: number
  /** Number of the completed chunks, of the running ones whose runners have reported, and of all. */
  completed: number
  active: number
  total: number
  /** Duration of the variant. */
  jobSeconds: number
}

export type JobFence = Pick<JobProgress, 'jobId' | 'fence'>

/** Name of the hub whose streams follow all queues. It is no valid name of a queue. */
export const ALL_QUEUES = '*'

/** The hubs of all queues. */
export interface Hubs {
  /**
   * Tells the hub that the event log may have new events, and when its watchdog must run.
   *
   * @param deadline the latest time of the next run (ms since the epoch); null to keep the current
   *   alarm
   * @param ended jobs that no runner holds under this fence or a lower one any more, nor any of
   *   their chunks
   */
  notify(queue: string, deadline: number | null, ended?: JobFence[]): Promise<void>
  /**
   * Sends progress to the current subscribers of the queue, and to those of all queues, without
   * storing it.
   */
  sendProgress(queue: string, filePath: string, progress: ProgressData): Promise<void>
  /**
   * Extends the lease of a claim that the hub of the queue holds, and sends the progress as
   * `sendProgress` does. Returns when the lease expires (ms since the epoch); null if the database has
   * to record the report, because the hub does not hold this lease or the report says more than
   * progress.
   */
  report(queue: string, claim: Claim, report: Omit<Report, 'fence'>): Promise<number | null>
  /**
   * Makes the hub of the queue hold a lease that the database has recorded as held, and sends the
   * latest progress as `sendProgress` does.
   */
  holdLease(queue: string, lease: HeldLease): Promise<void>
  /** Returns the latest progress of those of the jobs whose leases the hub of the queue holds. */
  readProgress(queue: string, jobIds: string[]): Promise<JobProgress[]>
  /** Returns the number of open event streams of a hub. Wakes it, if it hibernates. */
  countStreams(queue: string): Promise<number>
  /** Says that there are webhook endpoints, so that notifications wake the dispatcher of webhooks. */
  useWebhooks(): Promise<void>
  /**
   * Wakes up to `count` runners that wait for work in the queue and can run one of its ready jobs.
   * If no job is ready, any runners are woken. Returns the ready jobs that all waiting runners
   * together can take, which can be more than `count`.
   */
  wake(queue: string, count: number): Promise<JobRequirements[]>
  /**
   * Wakes waiting runners for jobs that were just created, without a read of the database. Wakes up
   * to `count` runners, each for one of the jobs that it can run. Returns their number.
   */
  offerJobs(queue: string, jobs: JobRequirements[], count: number): Promise<number>
  /**
   * Opens a wait for work in several queues. Wake-ups of a queue whose hub does not answer are not
   * received; its runner then claims again after the wait.
   */
  waitForWork(queues: string[], capabilities: RunnerCapabilities): Promise<WorkWait>
}

/**
 * A wait for work. It is opened before the runner claims, so that a wake-up during the claim is not
 * missed.
 */
export interface WorkWait {
  /** Resolves with true when there may be work, or with false after `ms` milliseconds. */
  wait(ms: number): Promise<boolean>
  close(): void
}

/**
 * The container slots of the deployment. Without containers, `count` is 0. Only `count`,
 * `capabilities` and `wake` read the settings of the containers.
 */
export interface Slots {
  readonly count: number
  /** The capabilities of a runner in a slot. */
  readonly capabilities: RunnerCapabilities
  /**
   * Starts free slots, until `wanted` of them are starting or none is left. The slots of
   * `busyRunners` are not free.
   *
   * @param queues the queues from which the runners claim; the first one has jobs
   */
  wake(queues: string[], wanted: number, busyRunners: string[]): Promise<void>
  /** Records that a runner has just sent a claim. Does nothing if the runner is not in a slot. */
  recordContact(runner: string): Promise<void>
}

/** The answer of a receiver. */
export interface WebhookAnswer {
  /** Null if there was none. */
  status: number | null
  /** The header `Retry-After`. */
  retryAfter: string | null
  /** The first bytes of the body. */
  response: string | null
  /** Why the message was not delivered; null if it was. */
  error: string | null
  durationMs: number
}

export interface WebhookClient {
  /**
   * Sends a message, unless the address is not allowed. Does not throw: every failure is in the answer.
   */
  post(message: {
    url: string
    headers: Record<string, string>
    body: string
  }): Promise<WebhookAnswer>
  /** Returns why nothing may be sent to a URL, also after its name is resolved; null if it may. */
  findProblem(url: string): Promise<string | null>
}

/** Wakes the sender of an endpoint, or the dispatcher. */
export interface WebhookWakeUp {
  endpoint?: string
  delaySeconds: number
}

export interface RemoteRequest {
  url: string
  /** Sent to the origin of the URL only, not after a redirect to another. */
  headers: Readonly<Record<string, string>>
  /** Sent to every server: `Range` and the conditions. */
  conditions: Readonly<Record<string, string>>
}

export type RemoteAnswer =
  | {
      ok: true
      status: number
      headers: Headers
      body: ReadableStream<Uint8Array> | null
      /** The server that answered, or the credential that opened it, for messages. */
      host: string
    }
  | {
      ok: false
      /** `refused`: nothing may be sent to the address. `unreachable`: another try can succeed. */
      reason: 'refused' | 'unreachable'
      message: string
    }

/** Files on other servers. */
export interface RemoteFiles {
  /** The largest file that is imported. */
  readonly maxBytes: number
  /** A body of which nothing arrives for this time counts as cut. */
  readonly idleMs: number
  /** Returns why nothing may be sent to a URL, as far as its text says; null if it may. */
  findProblem(url: string): string | null
  /** Sends GET and follows redirects. Checks the address of every server. */
  open(request: RemoteRequest): Promise<RemoteAnswer>
  /** Requests an object of an S3-compatible service, whose address the operator has set. */
  openObject(
    bucket: CredentialBucket,
    key: string,
    conditions: Readonly<Record<string, string>>,
  ): Promise<RemoteAnswer>
}

/** Wakes the import to a path. */
export interface ImportWakeUp {
  filePath: string
  delaySeconds: number
}

/** Wakes the export of the variant of a job. */
export interface ExportWakeUp {
  jobId: string
  delaySeconds: number
}

export interface Platform {
  db: Database
  originals: ObjectStore
  variants: ObjectStore
  /** Credentials of S3-compatible services, by name. */
  s3Credentials(): S3Credentials
  /** The bucket of the originals by its S3 API, for direct uploads; null if it is not set. */
  directUploads(): S3Store | null
  /** Sends `count` tickets, but at most 100. Each says that there may be work in the queue. */
  sendTickets(queue: string, count: number): Promise<void>
  hubs: Hubs
  slots: Slots
  webhooks: WebhookClient
  /** Sends messages that wake the dispatcher or the sender of webhooks. */
  wakeWebhooks(wakeUps: readonly WebhookWakeUp[]): Promise<void>
  remoteFiles: RemoteFiles
  /** Sends messages that have the next step of imports taken. */
  wakeImports(wakeUps: readonly ImportWakeUp[]): Promise<void>
  /** Sends messages that have the next step of exports taken. */
  wakeExports(wakeUps: readonly ExportWakeUp[]): Promise<void>
  /** The keys that sign and seal: the first signs. None if the service has no secret. */
  signingKeys(): SigningKeys
  /** Continues `work` after the response. Its errors are logged. */
  defer(work: Promise<unknown>): void
}
