/**
 * A fake gateway over real HTTP, with its state in memory. It checks the JSON of each request
 * against the contract, counts claims and source bytes, and can simulate faults. test/system/e2e
 * uses the real gateway.
 */
import { EventEmitter, on, once } from 'node:events'
import { stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer, json } from 'node:stream/consumers'
import { z } from 'zod'
import { type SentAssignment, writeAssignment } from '../../../src/contract/assignmentVersions.ts'
import * as contract from '../../../src/contract/runnerProtocol.ts'
import { listReferenceFiles } from '../../../src/contract/rendition.ts'
import { contentDigest, statusError, sendSource, type SourceFault } from './fakeSource.ts'
import { JOB_LIMITS, type OfferedJob } from './offeredJob.ts'

export type Gateway = Awaited<ReturnType<typeof startGateway>>

export async function startGateway() {
  const jobs = new Map<string, OfferedJob>()
  const waiting: OfferedJob[] = []
  const events = new EventEmitter()
  const violations: string[] = []
  const gateway = {
    url: '',
    token: 'a-token',
    /** The newest protocol version that the fake gateway supports. */
    protocolVersion: contract.PROTOCOL_VERSION,
    /**
     * Fields that the fake gateway does not know, and leaves out of the renditions that it sends.
     */
    unknownFields: [] as string[],
    /** Number of the next parts that arrive with one wrong bit. */
    flippedParts: 0,
    /** False for a runner on the machine of the gateway, which sends no digests. */
    requiresDigests: true,
    partSizeBytes: 5 * 1024 * 1024,
    claims: 0,
    /** The free disk space that each claim stated. */
    disks: [] as (number | undefined)[],
    /** Number of source bytes in complete responses. */
    sourceBytes: 0,
    /** The distinct secrets that runners sent. */
    secrets: new Set<string>(),
    /** Range of each source request. */
    sourceCalls: [] as { start: number; end: number }[],
    sourceFault: ((): SourceFault => null) as (start: number, call: number) => SourceFault,
    /** Number of the next requests of each kind that return 503. Package files count as parts. */
    failures: { claim: 0, report: 0, part: 0, finish: 0 },
    /** While it is set, parts are stored only once it resolves. */
    heldParts: null as Promise<void> | null,
    /** While it is set, requests wait until it resolves, as with a frozen process. */
    frozen: null as Promise<void> | null,
    violations,
    events,

    async offer(
      file: string,
      rendition: contract.Assignment['rendition'],
      more: Partial<contract.Assignment> = {},
      referenceFiles: Record<string, string> = {},
    ): Promise<OfferedJob> {
      const { size, mtimeMs } = await stat(file)
      const references = await Promise.all(
        listReferenceFiles(rendition).map(async (path) => {
          const stored = await stat(referenceFiles[path] ?? file)
          return { sizeBytes: stored.size, etag: path }
        }),
      )
      const id = `job_${jobs.size + 1}`
      const assignment = contract.assignment.parse({
        jobId: id,
        queue: 'default',
        fence: jobs.size + 1,
        attempt: 1,
        filePath: 'videos/clip.mp4',
        rendition,
        source: { sizeBytes: size, etag: `${file} ${mtimeMs}` },
        references,
        ...JOB_LIMITS,
        ...more,
      })
      const job: OfferedJob = {
        id,
        assignment,
        file,
        isLeaseLost: false,
        sizeBytes: null,
        reports: [],
        finishes: [],
        parts: new Map(),
        referenceFiles,
        files: new Map(),
      }
      jobs.set(id, job)
      waiting.push(job)
      return job
    },

    /**
     * Resolves at the next event of this name that `test` accepts. The events are claim, source,
     * report, part, file, finish and frozen.
     */
    async next<T>(event: string, test: (value: T) => boolean = () => true): Promise<T> {
      for await (const [value] of on(events, event)) {
        if (test(value as T)) {
          return value as T
        }
      }
      throw new Error('unreachable')
    },

    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }

  function parseMessage<T>(schema: z.ZodType<T>, value: unknown): T {
    const parsed = schema.safeParse(value)
    if (parsed.success) {
      return parsed.data
    }
    violations.push(z.prettifyError(parsed.error))
    throw Object.assign(new Error('bad message'), { status: 400 })
  }

  /** Returns true for bytes that match their `Content-Digest`. */
  function isIntact(digest: string | string[] | undefined, bytes: Buffer): boolean {
    return digest === undefined ? !gateway.requiresDigests : digest === contentDigest(bytes)
  }

  const fail = (status: number): never => {
    throw statusError(status)
  }
  const failIfRequested = (kind: keyof typeof gateway.failures) => {
    if (gateway.failures[kind] > 0) {
      gateway.failures[kind] -= 1
      fail(503)
    }
  }

  async function respond(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? '', 'http://gateway')
    if (gateway.frozen !== null) {
      events.emit('frozen', url.pathname)
      await gateway.frozen
    }
    const send = (value: unknown) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (request.headers.authorization !== `Bearer ${gateway.token}`) {
      fail(401)
    }
    const secret = contract.runnerSecret.safeParse(request.headers['runner-secret'])
    if (!secret.success) {
      violations.push('no secret')
    }
    gateway.secrets.add(secret.data ?? '')
    if (url.pathname === '/runner/claim') {
      const claim = parseMessage(contract.claimRequest, await json(request))
      const { protocol, runner } = claim
      if (protocol > gateway.protocolVersion) {
        return rejectProtocol(response)
      }
      gateway.claims += 1
      gateway.disks.push(runner.diskBytes)
      events.emit('claim', claim)
      failIfRequested('claim')
      const job = waiting.shift()
      return job === undefined
        ? response.writeHead(204).end()
        : send(omitFields(writeAssignment(job.assignment, protocol), gateway.unknownFields))
    }

    const [, , , id = '', route, number] = url.pathname.split('/')
    const job = jobs.get(id) ?? fail(404)
    const requireLease = (fence: number) => {
      if (job.isLeaseLost || fence !== job.assignment.fence) {
        fail(409)
      }
    }
    const key = `${request.method} ${route}`
    if (key === 'GET source') {
      requireLease(Number(url.searchParams.get('fence')))
      const reference = url.searchParams.get('reference')
      const path = listReferenceFiles(job.assignment.rendition)[Number(reference)] ?? ''
      const file = reference === null ? job.file : (job.referenceFiles[path] ?? job.file)
      return sendSource(gateway, file, request, response)
    }
    if (key === 'POST report') {
      const report = parseMessage(contract.report, await json(request))
      failIfRequested('report')
      requireLease(report.fence)
      job.reports.push(report)
      send({ leaseExpiresAt: new Date(Date.now() + 30_000).toISOString() })
      return events.emit('report', report)
    }
    if (key === 'POST output') {
      const { sizeBytes, ...report } = parseMessage(contract.outputRequest, await json(request))
      requireLease(report.fence)
      job.reports.push(report)
      job.sizeBytes = sizeBytes
      return send({ uploadId: 'upload_1', partSizeBytes: gateway.partSizeBytes })
    }
    if (key === 'PUT output') {
      requireLease(Number(url.searchParams.get('fence')))
      const bytes = await buffer(request)
      events.emit('part', { number: Number(number), length: request.headers['content-length'] })
      failIfRequested('part')
      await gateway.heldParts
      if (gateway.flippedParts > 0) {
        gateway.flippedParts -= 1
        bytes[0]! ^= 1
      }
      const digest = request.headers['content-digest']
      if (!isIntact(digest, bytes)) {
        return response.writeHead(400).end('{"code":"digest_mismatch"}')
      }
      if (Number(request.headers['content-length']) !== bytes.length) {
        violations.push('Content-Length does not match the body')
      }
      job.parts.set(Number(number), bytes)
      return send({ partNumber: Number(number), etag: `etag-${number}` })
    }
    if (key === 'PUT files') {
      requireLease(Number(url.searchParams.get('fence')))
      const name = parseMessage(contract.packageFileName, number)
      const bytes = await buffer(request)
      failIfRequested('part')
      const digest = request.headers['content-digest']
      if (!isIntact(digest, bytes)) {
        return response.writeHead(400).end('{"code":"digest_mismatch"}')
      }
      job.files.set(name, bytes)
      send({ etag: name })
      return events.emit('file', { name, bytes })
    }
    if (key === 'POST finish') {
      const finish = parseMessage(contract.finish, await json(request))
      failIfRequested('finish')
      requireLease(finish.fence)
      job.finishes.push(finish)
      send({ status: /^(completed|packaged)$/.test(finish.outcome) ? 'completed' : 'pending' })
      return events.emit('finish', finish)
    }
    return fail(404)
  }

  const server = createServer((request, response) => {
    respond(request, response).catch((error: Error & { status?: number }) => {
      // Some tests abort requests on purpose, so an incomplete body is not a violation.
      const isAborted = error.message === 'aborted'
      if (error.status === undefined && !isAborted) {
        violations.push(error.message)
      }
      if (!response.headersSent) {
        response.writeHead(error.status ?? 500).end(error.message)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  gateway.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return gateway
}

function omitFields(assignment: SentAssignment, fields: string[]) {
  const known = Object.entries(assignment.rendition).filter(([field]) => !fields.includes(field))
  return { ...assignment, rendition: Object.fromEntries(known) }
}

/** Rejects a protocol version with the message of an old gateway. */
function rejectProtocol(response: ServerResponse) {
  const message = 'This gateway speaks runner protocol 2, not 3: update the older side.'
  return response.writeHead(400).end(JSON.stringify({ code: 'invalid_request', message }))
}
