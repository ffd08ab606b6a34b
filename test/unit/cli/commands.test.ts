/** Command lines, the requests that they send, and their exit codes. */
import { expect, it } from 'vitest'
import { runCommand, type SentRequest, type Service } from './runCommand.ts'

const PAGE = { jobs: [], limit: 20, offset: 0, count: 0, nextCursor: null }
const JOB = { id: 'job_1', filePath: 'a.mp4', transformation: 'w_640', status: 'pending' }

const RULE = {
  id: 'rule_1',
  name: 'films',
  enabled: true,
  prefix: 'films/',
  suffixes: ['.mp4'],
  minBytes: 1,
  maxBytes: null,
  queue: 'default',
  transformations: ['h_720'],
  jobsCreated: 0,
  lastJobAt: null,
  lastError: null,
}

const succeed: Service = ({ path }) => {
  if (path === '/queue/jobs') {
    return Response.json({ jobs: [JOB] }, { status: 202 })
  }
  if (path.startsWith('/rules')) {
    return Response.json({
      ...RULE,
      rules: [RULE],
      events: [{ outcome: 'matched', count: 1, lastAt: '2026-11-27T12:00:00.000Z' }],
      ignored: null,
      matches: [{ rule: RULE, jobs: [{ ...JOB, queue: 'default', priority: 2 }], error: null }],
    })
  }
  return Response.json(path.startsWith('/queue/jobs?') ? PAGE : { success: true, message: 'Done' })
}

it.for<[line: string, ...requests: [method: string, path: string, body?: unknown][]]>([
  ['jobs', ['GET', '/queue/jobs?limit=20']],
  [
    'jobs --status error --queue big --file a.mp4 --limit 5',
    ['GET', '/queue/jobs?status=error&queue=big&filePath=a.mp4&limit=5'],
  ],
  [
    'jobs --folder videos/2026 --error-code input_invalid --tag import',
    ['GET', '/queue/jobs?pathPrefix=videos%2F2026&errorCode=input_invalid&tag=import&limit=20'],
  ],
  [
    'jobs --created-after 2026-11-01T00:00:00Z --created-before 2026-11-02',
    [
      'GET',
      '/queue/jobs?createdAfter=2026-11-01T00%3A00%3A00.000Z&createdBefore=2026-11-02T00%3A00%3A00.000Z&limit=20',
    ],
  ],
  ['retry job_1 job_2', ['POST', '/queue/jobs/job_1/retry'], ['POST', '/queue/jobs/job_2/retry']],
  ['cancel job_1', ['POST', '/queue/jobs/job_1/cancel', { force: false }]],
  ['cancel --force --yes job_1', ['POST', '/queue/jobs/job_1/cancel', { force: true }]],
  ['delete -y job_1', ['DELETE', '/queue/jobs/job_1']],
  [
    'rules add films --prefix films/ --suffix .mp4,.mov --min-size 1MB -t h_720 -t f_hls --tag new',
    [
      'POST',
      '/rules',
      {
        name: 'films',
        prefix: 'films/',
        suffixes: ['.mp4', '.mov'],
        minBytes: 1_000_000,
        transformations: ['h_720', 'f_hls'],
        tags: ['new'],
      },
    ],
  ],
  ['rules', ['GET', '/rules']],
  ['rules events', ['GET', '/rules']],
  ['rules test films/a.mov --size 2GB', ['POST', '/rules/test', { key: 'films/a.mov', size: 2e9 }]],
  ['rules disable rule_1', ['PATCH', '/rules/rule_1', { enabled: false }]],
  ['rules remove -y rule_1', ['DELETE', '/rules/rule_1']],
  [
    'submit a.mp4 --stored --no-wait -t w_640 --tag one --tag two --metadata customer=42 --metadata note=a=b',
    [
      'POST',
      '/queue/jobs',
      {
        filePath: 'a.mp4',
        transformations: ['w_640'],
        tags: ['one', 'two'],
        metadata: { customer: '42', note: 'a=b' },
      },
    ],
  ],
  [
    'submit a.mp4 --stored --no-wait -t w_640 --destination archive:renders/',
    [
      'POST',
      '/queue/jobs',
      {
        filePath: 'a.mp4',
        transformations: ['w_640'],
        destination: { credential: 'archive', prefix: 'renders/' },
      },
    ],
  ],
  [
    'submit https://example.com/in/a%20b.mp4?sign=1 --to films/ --header Accept:video/mp4 --no-wait -t w_640',
    [
      'POST',
      '/queue/jobs',
      {
        source: {
          url: 'https://example.com/in/a%20b.mp4?sign=1',
          filePath: 'films/a b.mp4',
          headers: { Accept: 'video/mp4' },
        },
        transformations: ['w_640'],
      },
    ],
  ],
])('"%s" sends its requests', async ([line, ...expected]) => {
  const { code, requests, stderr } = await runCommand(line.split(' '), succeed)
  expect([code, stderr]).toEqual([0, ''])
  expect(requests).toEqual(
    expected.map(([method, path, body = null]): SentRequest => ({ method, path, body })),
  )
})

it('a period before now is a time', async () => {
  const { requests } = await runCommand(['jobs', '--created-after', '2h'], succeed)
  const time = new URL(requests[0]!.path, 'http://service').searchParams.get('createdAfter')!
  expect((Date.now() - Date.parse(time)) / 3_600_000).toBeCloseTo(2, 2)
})

/** A service whose batches select 3 jobs in two steps. The second cannot change one of them. */
function batches(skipped: object[] = []): Service {
  return ({ body }) => {
    const { cursor, dryRun } = body as { cursor?: string; dryRun?: boolean }
    return Response.json(
      cursor === undefined
        ? { count: 2, done: dryRun ? 0 : 2, skipped: [], nextCursor: 'next' }
        : { count: 1, done: dryRun ? 0 : 1 - skipped.length, skipped, nextCursor: null },
    )
  }
}

it('an action on all jobs that match counts them, and then changes them in steps', async () => {
  const line = ['cancel', '--force', '--all-matching', '--tag', 'import', '--yes']
  const { code, stdout, requests } = await runCommand(line, batches())
  expect([code, stdout]).toEqual([0, '3 jobs cancelled.\n'])
  const batch = { action: 'cancel', filter: { tag: 'import' }, force: true }
  expect(requests.map(({ body }) => body)).toEqual([
    { ...batch, dryRun: true },
    { ...batch, dryRun: true, cursor: 'next' },
    batch,
    { ...batch, cursor: 'next' },
  ])
})

it('a dry run and an action without a confirmation only count', async () => {
  const dry = await runCommand(['delete', '--all-matching', '--dry-run', '--json'], batches())
  expect([dry.code, JSON.parse(dry.stdout)]).toEqual([0, { count: 3, done: 0, skipped: [] }])
  const unconfirmed = await runCommand(['retry', '--all-matching'], batches())
  expect([unconfirmed.code, unconfirmed.stdout]).toEqual([2, ''])
  expect(unconfirmed.stderr).toMatch(/3 jobs would be queued again[^]*--yes/)
  for (const { body } of [...dry.requests, ...unconfirmed.requests]) {
    expect(body).toMatchObject({ dryRun: true })
  }
})

it('jobs that could not be changed are named, and the exit code is 1', async () => {
  const skipped = [{ jobId: 'job_9', code: 'job_not_retryable', message: 'It is running.' }]
  const line = ['retry', '--all-matching', '--yes']
  const { code, stdout, stderr } = await runCommand(line, batches(skipped))
  expect([code, stdout]).toEqual([1, '2 jobs queued again.\n'])
  expect(stderr).toBe('Error: job_9: It is running.\nError: 1 job could not be queued again.\n')
})

it.for([
  ['', 2, 'Usage: reelqueue'],
  ['--version', 0, ''],
  ['jobs --help', 0, ''],
  ['jbos', 2, 'Did you mean jobs?'],
  ['jobs --limit 0', 2, 'integer from 1 to 500'],
  ['jobs --status done', 2, 'Allowed choices are pending'],
  ['jobs --created-after yesterday', 2, 'a period before now'],
  ['submit a.mp4 --metadata customer', 2, 'a key and a value'],
  ['submit a.mp4 --destination :renders/', 2, 'the name of a credential'],
  ['submit https://example.com/', 2, 'Choose its storage path with --to.'],
  ['submit a.mp4 --stored --header A:b', 2, '--header is for imports'],
  ['retry', 2, '--all-matching'],
  ['retry job_1 --all-matching', 2, 'name no ids'],
  ['retry job_1 --tag import', 2, 'belong to --all-matching'],
  ['delete job_1', 2, '--yes'],
  ['upload nothing.mp4', 2, 'nothing.mp4 is not a file'],
  ['jobs --url ftp://video.test', 2, 'must be like https://'],
  ['job job_1', 1, 'There is no such route.'],
] as const)('"%s" exits with %i, and says why', async ([line, exitCode, message]) => {
  const { code, stderr } = await runCommand(line === '' ? [] : line.split(' '))
  expect(code).toBe(exitCode)
  expect(stderr).toContain(message)
})

it.for([
  [401, 3, 'rejected the API key from REELQUEUE_API_KEY'],
  [403, 3, 'reelqueue whoami'],
  [503, 1, 'Request id, for the logs of the service: req_1'],
] as const)('a response with status %i gives exit code %i', async ([status, exitCode, message]) => {
  const error = { code: 'internal', message: 'It failed.', requestId: 'req_1' }
  const { code, stderr } = await runCommand(['stats'], () => Response.json(error, { status }))
  expect(code).toBe(exitCode)
  expect(stderr).toContain(message)
})
