/**
 * The gateway as a runner sees it, from memory, over real HTTP. It is the one stand-in in these
 * tests: the real gateway is used in test/system/e2e. It checks every message against the contract, counts
 * calls and bytes, and can be told to misbehave.
 */
import { createHash } from 'node:crypto'
import { EventEmitter, on, once } from 'node:events'
import { createReadStream } from 'node:fs'
import { stat, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer, json } from 'node:stream/consumers'
import { z } from 'zod'
import { writeAssignment } from '../../../src/contract/assignmentVersions.ts'
import * as contract from '../../../src/contract/runnerProtocol.ts'
import { listReferenceFiles } from '../../../src/contract/rendition.ts'

/** What a misbehaving source does with one request for bytes. */
export type SourceMishap = 'drop' | 'errorResult' | 'hold' | 'gone' | 'changed' | 'flip' | null

export interface OfferedJob {
  id: string
  assignment: contract.Assignment
  file: string
  /** Set to take the lease away: every call about the job is then answered 409. */
  leaseLostError: boolean
  /** The size of the result, as announced. */
  sizeBytes: number | null
  reports: contract.Report[]
  finishes: contract.Finish[]
  parts: Map<number, Buffer>
  /** The stored files that the rendition names, by their paths there. */
  others: Record<string, string>
  /** The files of a package, as they are now. */
  files: Map<string, Buffer>
}

export type Gateway = Awaited<ReturnType<typeof startGateway>>

export async function startGateway() {
  const jobs = new Map<string, OfferedJob>()
  const waiting: OfferedJob[] = []
  const events = new EventEmitter()
  const violations: string[] = []
  const gateway = {
    url: '',
    token: 'a-token',
    /** The newest protocol that it knows. */
    speaks: contract.PROTOCOL_VERSION,
    /** So many of the next parts arrive with a byte changed. */
    flippedParts: 0,
    partSizeBytes: 5 * 1024 * 1024,
    claims: 0,
    /** Bytes of originals put on the wire, and the requests that asked for them. */
    sourceBytes: 0,
    /** What runners have shown as theirs. */
    secrets: new Set<string>(),
    sourceCalls: [] as { start: number; end: number }[],
    mishap: ((): SourceMishap => null) as (start: number, call: number) => SourceMishap,
    /** Answers this many calls of a kind with 503 before behaving again. */
    failures: { claim: 0, report: 0, part: 0, finish: 0 },
    violations,

    async offer(
      file: string,
      wish: contract.Assignment['rendition'],
      more: Partial<contract.Assignment> = {},
      others: Record<string, string> = {},
    ): Promise<OfferedJob> {
      const { size } = await stat(file)
      const references = await Promise.all(
        listReferenceFiles(wish).map(async (path) => {
          const stored = await stat(others[path] ?? file)
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
        rendition: wish,
        source: { sizeBytes: size, etag: 'e' },
        references,
        leaseSeconds: 30,
        stallSeconds: 30,
        timeoutSeconds: 60,
        ...more,
      })
      const job: OfferedJob = {
        id,
        assignment,
        file,
        leaseLostError: false,
        sizeBytes: null,
        reports: [],
        finishes: [],
        parts: new Map(),
        others,
        files: new Map(),
      }
      jobs.set(id, job)
      waiting.push(job)
      return job
    },

    /** Resolves at the next report, finish, claim, source or part that `test` accepts. */
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

  function checked<T>(schema: z.ZodType<T>, value: unknown): T {
    const parsed = schema.safeParse(value)
    if (parsed.success) {
      return parsed.data
    }
    violations.push(z.prettifyError(parsed.error))
    throw Object.assign(new Error('bad message'), { status: 400 })
  }

  const fail = (status: number): never => {
    throw Object.assign(new Error(`answered ${status}`), { status })
  }
  const failSome = (kind: keyof typeof gateway.failures) => {
    if (gateway.failures[kind] > 0) {
      gateway.failures[kind] -= 1
      fail(503)
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? '', 'http://gateway')
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
      const { protocol } = checked(contract.claimRequest, await json(request))
      if (protocol > gateway.speaks) {
        return refuseProtocol(response)
      }
      gateway.claims += 1
      events.emit('claim')
      failSome('claim')
      const job = waiting.shift()
      return job === undefined
        ? response.writeHead(204).end()
        : send(writeAssignment(job.assignment, protocol))
    }

    const [, , , id = '', route, number] = url.pathname.split('/')
    const job = jobs.get(id) ?? fail(404)
    const lease = (fence: number) => {
      if (job.leaseLostError || fence !== job.assignment.fence) {
        fail(409)
      }
    }
    const key = `${request.method} ${route}`
    if (key === 'GET source') {
      lease(Number(url.searchParams.get('fence')))
      const reference = url.searchParams.get('reference')
      const path = listReferenceFiles(job.assignment.rendition)[Number(reference)] ?? ''
      const file = reference === null ? job.file : (job.others[path] ?? job.file)
      return sendSource(file, request, response)
    }
    if (key === 'POST report') {
      const report = checked(contract.report, await json(request))
      failSome('report')
      lease(report.fence)
      job.reports.push(report)
      send({ leaseExpiresAt: new Date(Date.now() + 30_000).toISOString() })
      return events.emit('report', report)
    }
    if (key === 'POST output') {
      const { sizeBytes, ...report } = checked(contract.outputRequest, await json(request))
      lease(report.fence)
      job.reports.push(report)
      job.sizeBytes = sizeBytes
      return send({ uploadId: 'upload_1', partSizeBytes: gateway.partSizeBytes })
    }
    if (key === 'PUT output') {
      lease(Number(url.searchParams.get('fence')))
      const bytes = await buffer(request)
      events.emit('part', { number: Number(number), length: request.headers['content-length'] })
      failSome('part')
      if (gateway.flippedParts > 0) {
        gateway.flippedParts -= 1
        bytes[0]! ^= 1
      }
      const digest = request.headers['content-digest']
      if (gateway.speaks >= 2 && digest !== contentDigest(bytes)) {
        return response.writeHead(400).end('{"code":"digest_mismatch"}')
      }
      if (Number(request.headers['content-length']) !== bytes.length) {
        violations.push('no length')
      }
      job.parts.set(Number(number), bytes)
      return send({ partNumber: Number(number), etag: `etag-${number}` })
    }
    if (key === 'PUT files') {
      lease(Number(url.searchParams.get('fence')))
      const name = checked(contract.packageFileName, number)
      const bytes = await buffer(request)
      failSome('part')
      if (request.headers['content-digest'] !== contentDigest(bytes)) {
        return response.writeHead(400).end('{"code":"digest_mismatch"}')
      }
      job.files.set(name, bytes)
      send({ etag: name })
      return events.emit('file', { name, bytes })
    }
    if (key === 'POST finish') {
      const finish = checked(contract.finish, await json(request))
      failSome('finish')
      lease(finish.fence)
      job.finishes.push(finish)
      send({ status: /^(completed|packaged)$/.test(finish.outcome) ? 'completed' : 'pending' })
      return events.emit('finish', finish)
    }
    return fail(404)
  }

  async function sendSource(file: string, request: IncomingMessage, response: ServerResponse) {
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
    if (range === null) {
      return fail(400)
    }
    const start = Number(range[1])
    const end = Number(range[2]) + 1
    gateway.sourceCalls.push({ start, end })
    const mishap = gateway.mishap(start, gateway.sourceCalls.length)
    events.emit('source', { start, end, mishap })
    if (mishap === 'errorResult') {
      fail(503)
    }
    if (mishap === 'gone') {
      fail(404)
    }
    if (mishap === 'changed') {
      fail(412)
    }
    if (mishap === 'hold') {
      return
    }
    const bytes = await buffer(createReadStream(file, { start, end: end - 1 }))
    response.writeHead(206, {
      'content-length': bytes.length,
      ...(gateway.speaks >= 2 && { 'content-digest': contentDigest(bytes) }),
      'content-range': `bytes ${start}-${end - 1}/${(await stat(file)).size}`,
    })
    if (mishap === 'flip') {
      bytes[0]! ^= 1
    }
    if (mishap === 'drop') {
      response.write(bytes.subarray(0, bytes.length / 2), () => request.socket.destroy())
      return
    }
    gateway.sourceBytes += bytes.length
    response.end(bytes)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: Error & { status?: number }) => {
      // A body that breaks off is the line's fault, and what some tests are about.
      const broken = error.message === 'aborted'
      if (error.status === undefined && !broken) {
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

/** As the gateway before this one worded it. */
function refuseProtocol(response: ServerResponse) {
  const message = 'This gateway speaks runner protocol 2, not 3: update the older side.'
  return response.writeHead(400).end(JSON.stringify({ code: 'invalid_request', message }))
}

function contentDigest(bytes: Buffer) {
  return `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`
}

/** What the runner uploaded, put together in the order of its finish, as a file to probe. */
export async function saveOutput(job: OfferedJob, path: string): Promise<string> {
  const finish = job.finishes.at(-1)
  if (finish?.outcome !== 'completed') {
    throw new Error(`not completed: ${JSON.stringify(finish)}`)
  }
  const parts = finish.parts.map(({ partNumber }) => job.parts.get(partNumber) ?? Buffer.alloc(0))
  await writeFile(path, Buffer.concat(parts))
  return path
}
