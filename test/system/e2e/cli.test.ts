/** The command line against the service, as other programs run it: without a terminal. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Job } from '../../../src/contract/job.ts'
import { API_KEY } from '../fixtures/system.ts'
import { cliTest } from './cliTest.ts'

const test = cliTest()

test('submit uploads a file, waits for its jobs and downloads the variants', async ({
  cli,
  system,
}) => {
  const { run, folder } = cli
  const submit = ['submit', 'clip.mp4', '--to', 'videos/', '-t', 'w_160', '-t', 'f_webm,w_96']
  const done = await run([...submit, '--download', 'out', '--json'])
  expect(done.code, done.stderr).toBe(0)
  const jobs = JSON.parse(done.stdout) as (Job & { downloadedTo: string })[]
  expect(jobs.map(({ status, filePath }) => [status, filePath])).toEqual([
    ['completed', 'videos/clip.mp4'],
    ['completed', 'videos/clip.mp4'],
  ])
  expect(jobs.map(({ downloadedTo }) => downloadedTo)).toEqual([
    'out/clip.w_160.mp4',
    'out/clip.w_96,f_webm.webm',
  ])
  const size = statSync(join(folder, 'out/clip.w_160.mp4')).size
  expect(size).toBe(jobs[0]!.output!.sizeBytes)
  // Without a terminal, progress is lines of text without colours.
  expect(done.stderr).toMatch(/^w_160\s+100 % {2}completed$/m)
  expect(`${done.stdout}${done.stderr}`).not.toContain('\u001b')
  expect((await system.client.job(jobs[1]!.id)).status).toBe('completed')
})

test('a job that fails gives exit code 1, and says why', async ({ cli: { run, folder } }) => {
  writeFileSync(join(folder, 'cut.mp4'), readFileSync(join(folder, 'clip.mp4')).subarray(0, 4_000))
  const failed = await run(['submit', 'cut.mp4', '-t', 'w_160', '--max-attempts', '1', '--json'])
  expect(failed.code).toBe(1)
  const [job] = JSON.parse(failed.stdout) as [Job]
  expect(job.status).toBe('error')
  expect(failed.stderr).toContain(`reelqueue job ${job.id}`)
  const ids = await run(['jobs', '--status', 'error', '--ids'])
  expect(ids.stdout.trim()).toBe(job.id)
  const refused = await run(['delete', job.id])
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('--yes')])
  const removed = await run(['delete', '--yes', '-'], { input: ids.stdout })
  expect(removed.stdout).toBe(`${job.id} is deleted\n`)
  expect((await run(['job', job.id])).code).toBe(1)
})

test('a missing key gives exit code 3, and login stores one that only its owner can read', async ({
  cli: { run, env },
}) => {
  const without = 'REELQUEUE_API_KEY'
  const refused = await run(['jobs'], { without })
  expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('an API key')])
  expect((await run(['login'], { without, input: 'rq_wrong' })).code).toBe(3)
  expect(existsSync(env.REELQUEUE_CONFIG!)).toBe(false)
  expect((await run(['login'], { without, input: `${API_KEY}\n` })).code).toBe(0)
  expect(statSync(env.REELQUEUE_CONFIG!).mode & 0o777).toBe(0o600)
  expect((await run(['whoami'], { without })).stdout).toContain('Root key')
  expect((await run(['logout'], { without })).code).toBe(0)
  expect((await run(['whoami'], { without })).code).toBe(3)
})

test('queues, presets and keys are changed', async ({ cli: { run } }) => {
  expect((await run(['queues', 'concurrency', 'default', '2', '--json'])).stdout).toContain(
    '"concurrency": 2',
  )
  await run(['presets', 'set', 'card', 'w_64'])
  expect((await run(['presets'])).stdout).toMatch(/^card\s+default\s+w_64$/m)
  const key = (await run(['keys', 'create', 'reader', '--scope', 'jobs:read'])).stdout.trim()
  const caller = await run(['whoami', '--json', '--api-key', key])
  expect(JSON.parse(caller.stdout)).toMatchObject({ name: 'reader', scopes: ['jobs:read'] })
  expect((await run(['queues', '--api-key', key])).code).toBe(3)
  expect((await run(['jobs', '--limit', '0'])).code).toBe(2)
})

test('an interrupted submit leaves its job, and says how to follow it', async ({ cli, system }) => {
  const { run, program, env, folder } = cli
  await run(['queues', 'pause', 'default'])
  const args = [program, 'submit', 'videos/clip.mp4', '-t', 'w_80']
  const child = spawn(process.execPath, args, { cwd: folder, env })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const hadStatus = stderr.includes('pending')
    stderr += text
    // Once: a process that is ending has no handler of signals any more.
    if (!hadStatus && stderr.includes('pending')) {
      child.kill('SIGINT')
    }
  })
  expect((await once(child, 'close'))[0]).toBe(130)
  const [, id] = /reelqueue watch (job_\w+)/.exec(stderr) ?? []
  expect((await system.client.job(id!)).status).toBe('pending')
  await run(['queues', 'resume', 'default'])
  expect((await run(['watch', id!])).code).toBe(0)
})

test('an action on all jobs that match changes these and no others', async ({ cli, system }) => {
  const { run } = cli
  await run(['queues', 'pause', 'default'])
  const submit = ['submit', 'videos/clip.mp4', '--stored', '--no-wait', '--json', '-t']
  const create = async (transformation: string, tag: string) => {
    const { stdout } = await run([...submit, transformation, '--tag', tag, '--metadata', 'user=7'])
    return (JSON.parse(stdout) as [Job])[0]
  }
  const [first, second, other] = [
    await create('w_62', 'import'),
    await create('w_64', 'import'),
    await create('w_66', 'other'),
  ]
  expect(first).toMatchObject({ tags: ['import'], metadata: { user: '7' } })
  const cancel = ['cancel', '--all-matching', '--tag', 'import']
  expect((await run([...cancel, '--dry-run'])).stdout).toBe('2 jobs would be cancelled.\n')
  expect((await run(cancel)).code).toBe(2)
  expect((await system.client.job(first.id)).status).toBe('pending')
  expect((await run([...cancel, '--yes'])).stdout).toBe('2 jobs cancelled.\n')
  const statuses = [first, second, other].map(
    async ({ id }) => (await system.client.job(id)).status,
  )
  expect(await Promise.all(statuses)).toEqual(['cancelled', 'cancelled', 'pending'])

  const listed = await run(['jobs', '--tag', 'import', '--status', 'cancelled', '--ids'])
  expect(listed.stdout).toBe(`${second.id}\n${first.id}\n`)
  await run(['delete', '--all-matching', '--created-after', '1h', '--status', 'pending', '--yes'])
  expect((await run(['job', other.id])).code).toBe(1)
  await run(['queues', 'resume', 'default'])
})
