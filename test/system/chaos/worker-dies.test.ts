/** The Worker killed in the middle of things, and the power of the whole machine cut. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { follow, type Events } from '../fixtures/events.ts'
import { clip } from '../fixtures/media.ts'
import { processesEnd, startSystem, type System } from '../fixtures/system.ts'
import * as jobs from './jobs.ts'
import { frontOf, strike, workerOf } from './processes.ts'
import { startProxy, type Proxy } from './proxy.ts'
import { startRunner, type Runner } from './runner.ts'
import { expectSettled, settleAndStop } from './invariants.ts'

const PATH = 'videos/long.mp4'

let system: System
let proxy: Proxy
let runner: Runner
let events: Events
beforeAll(async () => {
  system = await startSystem({ runners: 0 })
  proxy = await startProxy(system.url)
  runner = await startRunner(system, { gatewayUrl: proxy.url })
  events = await follow(system.client)
  await system.client.put(PATH, clip({ size: '1280x720', seconds: 12, crf: 51 }))
})
afterAll(async () => {
  await events?.close()
  await runner?.stop()
  await proxy?.close()
  await system?.stop()
})

function create(transformation: string) {
  return jobs.createOne(system.client, PATH, transformation)
}
function killWorker() {
  return strike(workerOf(system))
}
/** Its event streams end with the Worker; a client comes back with what it missed. */
async function followAgain() {
  await events.close()
  events = await vi.waitFor(() => follow(system.client, '0'), { timeout: 30_000, interval: 200 })
}
async function expectDoneAtOnce(jobId: string) {
  await followAgain()
  await jobs.event(events, jobId, 'job:completed')
  expect(await jobs.historyOf(system.client, jobId)).toEqual(['completed'])
  await expectSettled(system)
}
test('kill -9 of the Worker in mid-encode: the job goes on in the same attempt', async () => {
  const jobId = await create('w_1000')
  await jobs.inMidEncode(events, jobId)
  killWorker()
  await expectDoneAtOnce(jobId)
})

test('kill -9 of the Worker in the middle of an upload: it is done again, and once', async () => {
  const struck = proxy.interceptOnce(/\/output\/1\?/, async ({ forward }) => {
    await forward(killWorker).catch(() => undefined)
  })
  const jobId = await create('w_600')
  await struck
  await expectDoneAtOnce(jobId)
})

test('kill -9 of the Worker as it has finished a job: said again, it is done once', async () => {
  const struck = proxy.interceptOnce(/\/finish$/, async ({ forward }) => {
    expect(await forward()).toMatchObject({ status: 200 })
    killWorker()
  })
  const jobId = await create('w_602')
  await struck
  await expectDoneAtOnce(jobId)
  // Its answer was lost, and what the runner sent again was taken for the same.
  await vi.waitFor(() => expect(runner.output()).toMatch(new RegExp(`job finished.*${jobId}`)))
})

test('kill -9 of what stands in front of the Worker: npm start says so and starts it again', async () => {
  const jobId = await create('w_604')
  await jobs.inMidEncode(events, jobId)
  strike(frontOf(system))
  const again = () => expect(system.output()).toContain('The Worker does not answer any more')
  await vi.waitFor(again, { timeout: 60_000, interval: 200 })
  await followAgain()
  await jobs.event(events, jobId, 'job:completed')
  await expectSettled(system)
}, 150_000)

test('a power cut in mid-encode: after the next start the job is done by a new attempt', async () => {
  await jobs.setQueue(system.client, { leaseSeconds: jobs.LEASE_SECONDS })
  const jobId = await create('w_1002')
  await jobs.inMidEncode(events, jobId)
  await system.cutPower()
  expect(await processesEnd(system.stateDir)).toEqual([])

  system = await startSystem({ stateDir: system.stateDir })
  await followAgain()
  await jobs.event(events, jobId, 'job:completed')
  expect(await jobs.historyOf(system.client, jobId)).toEqual(['runner_lost', 'completed'])
  await settleAndStop(system)
})
