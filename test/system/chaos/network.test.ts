/** A network that loses, repeats, delays and reorders requests between runner and gateway. */
import { expect } from 'vitest'
import { LONG_VIDEO, proxiedTest } from './chaosTest.ts'
import * as jobs from './jobs.ts'
import { expectNoEncodes } from './processes.ts'
import type { Rule } from './proxy.ts'
import { expectConsistentState, expectCleanStop } from './invariants.ts'

const test = proxiedTest({ seconds: 10, leaseSeconds: jobs.LEASE_SECONDS })

/**
 * Loses one of every n requests, counted for each kind from the first one on. In turns, it loses the
 * request itself, and only the response. As the first request of each kind is lost, several kinds are
 * lost on any machine, however fast it is.
 */
function loseEvery(n: number): { rule: Rule; lost: string[] } {
  const lost: string[] = []
  const counts = new Map<string, number>()
  return {
    lost,
    rule: async ({ method, path, forward }) => {
      const [name = ''] = path.split('?')
      const kind = readKind(name)
      const number = counts.get(kind) ?? 0
      counts.set(kind, number + 1)
      if (number % n !== 0) {
        return forward()
      }
      const loseResponse = lost.length % 2 === 1
      lost.push(`${loseResponse ? 'response to' : 'request'} ${method} ${name}`)
      if (loseResponse) {
        await forward()
      }
      return null
    },
  }
}

function readKind(path: string): string {
  return path.split('/').at(-1)!
}

test.for([3, 4, 7])(
  'jobs complete in one attempt although one of every %i requests is lost',
  async (n, { system, proxy, events }) => {
    const { rule, lost } = loseEvery(n)
    proxy.setRule(rule)
    const transformations = [
      `w_${300 + n * 2}`,
      `t_true,tt_1,w_${70 + n}`,
      `t_true,tt_2,w_${90 + n}`,
    ]
    const created = await jobs.createJobs(system.client, { filePath: LONG_VIDEO, transformations })
    for (const { id } of created) {
      await events.ofType(id, 'job:completed')
    }
    expect(new Set(lost.map(readKind)).size).toBeGreaterThan(1)
    const losses = new Set(lost.map((one) => one.split(' ')[0]))
    expect(losses, lost.join('\n')).toEqual(new Set(['request', 'response']))
    for (const { id } of created) {
      expect(await jobs.listOutcomes(system.client, id), lost.join('\n')).toEqual(['completed'])
    }
    proxy.setRule()
    await expectConsistentState(system)
  },
)

test('duplicate, late and reordered reports never decrease progress or change an ended job', async ({
  system,
  proxy,
  events,
}) => {
  const late: (() => Promise<unknown>)[] = []
  const responses: Promise<{ status: number }>[] = []
  let reports = 0
  proxy.setRule(async ({ path, forward }) => {
    if (!path.endsWith('/report')) {
      return forward()
    }
    reports += 1
    // Held back: sent after later reports, and again after the job has ended. The runner receives
    // no response and continues.
    if (reports % 3 === 1) {
      late.push(forward)
      return null
    }
    const before = reports % 3 === 0 ? late.at(-1) : undefined
    const response = await forward()
    responses.push(forward(), ...(before ? [before() as Promise<{ status: number }>] : []))
    return response
  })
  // A slow encode, so that there are several reports.
  const jobId = await jobs.createOne(system.client, LONG_VIDEO, 'f_webm,w_854')
  await events.ofType(jobId, 'job:completed')
  const job = await system.client.job(jobId)
  expect(responses.length).toBeGreaterThan(1)
  expect((await Promise.all(responses)).map(({ status }) => status)).not.toContain(500)

  proxy.setRule()
  for (const send of late) {
    expect(await send()).toMatchObject({ status: 409 })
  }
  expect(await system.client.job(jobId)).toEqual(job)
  const progress = events
    .ofJob(jobId)
    .filter(({ type }) => type === 'job:progress')
    .map(({ data }) => data.progress as number)
  expect(progress).toEqual(progress.toSorted((a, b) => a - b))
  await expectConsistentState(system)
})

test('a part that arrives after the job was cancelled is rejected, and no process is left', async ({
  system,
  proxy,
}) => {
  let jobId = ''
  const intercepted = proxy.interceptOnce(/\/output\/1\?/, async ({ path, forward }) => {
    jobId = path.split('/')[3]!
    expect((await jobs.cancel(system.client, jobId)).status).toBe(200)
    expect(await forward()).toMatchObject({ status: 409 })
  })
  await jobs.createOne(system.client, LONG_VIDEO, 'w_302')
  await intercepted
  await expectNoEncodes(system.stateDir)
  expect(await system.client.job(jobId)).toMatchObject({ status: 'cancelled', attempt: 1 })
  await expectConsistentState(system)
})

test('nothing remains after the system stops', async ({ system, runner }) => {
  expect(await runner.stop()).toBe(0)
  await expectCleanStop(system)
})
