/** A network that loses, repeats, delays and reorders requests between runner and gateway. */
import { expect } from 'vitest'
import { LONG_VIDEO, proxiedTest } from './chaosTest.ts'
import * as jobs from './jobs.ts'
import { expectNoWork } from './processes.ts'
import type { Rule } from './proxy.ts'
import { expectSettled, settleAndStop } from './invariants.ts'

const test = proxiedTest({ seconds: 10, leaseSeconds: jobs.LEASE_SECONDS })

/** Loses every n-th request before it arrives, or its answer, in turn. */
function loseEvery(n: number): { rule: Rule; lost: string[] } {
  const lost: string[] = []
  return {
    lost,
    rule: async ({ number, method, path, forward }) => {
      if (number % n !== 0) {
        return forward()
      }
      const answerOnly = number % (2 * n) === 0
      lost.push(`${answerOnly ? 'answer to' : 'request'} ${method} ${path.split('?')[0]}`)
      if (answerOnly) {
        await forward()
      }
      return null
    },
  }
}

test.for([3, 4, 7])(
  'jobs complete in one attempt although one of every %i requests is lost',
  async (n, { system, proxy, events }) => {
    const { rule, lost } = loseEvery(n)
    proxy.obey(rule)
    const transformations = [
      `w_${300 + n * 2}`,
      `t_true,tt_1,w_${70 + n}`,
      `t_true,tt_2,w_${90 + n}`,
    ]
    const made = await jobs.createJobs(system.client, { filePath: LONG_VIDEO, transformations })
    for (const { id } of made) {
      await events.ofType(id, 'job:completed')
    }
    const kinds = new Set(lost.map((one) => one.split('/').at(-1)))
    expect(kinds.size).toBeGreaterThan(1)
    for (const { id } of made) {
      expect(await jobs.historyOf(system.client, id), lost.join('\n')).toEqual(['completed'])
    }
    proxy.obey()
    await expectSettled(system)
  },
)

test('duplicate, late and reordered reports never decrease progress or change an ended job', async ({
  system,
  proxy,
  events,
}) => {
  const late: (() => Promise<unknown>)[] = []
  const answers: Promise<{ status: number }>[] = []
  let reports = 0
  proxy.obey(async ({ path, forward }) => {
    if (!path.endsWith('/report')) {
      return forward()
    }
    reports += 1
    // Kept until the job has ended; the runner has no answer, and goes on.
    if (reports % 3 === 1) {
      late.push(forward)
      return null
    }
    const before = reports % 3 === 0 ? late.at(-1) : undefined
    const answer = await forward()
    answers.push(forward(), ...(before ? [before() as Promise<{ status: number }>] : []))
    return answer
  })
  // Slow, so that there are several of them.
  const jobId = await jobs.createOne(system.client, LONG_VIDEO, 'f_webm,w_854')
  await events.ofType(jobId, 'job:completed')
  const job = await system.client.job(jobId)
  expect(answers.length).toBeGreaterThan(1)
  expect((await Promise.all(answers)).map(({ status }) => status)).not.toContain(500)

  proxy.obey()
  for (const send of late) {
    expect(await send()).toMatchObject({ status: 409 })
  }
  expect(await system.client.job(jobId)).toEqual(job)
  const progress = events
    .ofJob(jobId)
    .filter(({ type }) => type === 'job:progress')
    .map(({ data }) => data.progress as number)
  expect(progress).toEqual(progress.toSorted((a, b) => a - b))
  await expectSettled(system)
})

test('a part that arrives after the job was cancelled is rejected, and its upload is aborted', async ({
  system,
  proxy,
}) => {
  let jobId = ''
  const passed = proxy.interceptOnce(/\/output\/1\?/, async ({ path, forward }) => {
    jobId = path.split('/')[3]!
    expect((await jobs.cancel(system.client, jobId)).status).toBe(200)
    expect(await forward()).toMatchObject({ status: 409 })
  })
  await jobs.createOne(system.client, LONG_VIDEO, 'w_302')
  await passed
  await expectNoWork(system.stateDir)
  expect(await system.client.job(jobId)).toMatchObject({ status: 'cancelled', attempt: 1 })
  await expectSettled(system)
})

test('nothing remains after the system stops', async ({ system, runner }) => {
  expect(await runner.stop()).toBe(0)
  await settleAndStop(system)
})
