import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, expect } from 'vitest'
import type { Client } from '../../../scripts/client.ts'
import { PROTOCOL_VERSION, RUNNER_SECRET_HEADER } from '../../../src/contract/runnerProtocol.ts'
import { waitForEnds } from '../fixtures/events.ts'
import type { EngineAccess } from './containerSystem.ts'
import { containerTest } from './containerTest.ts'
import { startStandIn } from './engines.ts'
import { describeContainers, waitForNoContainers } from './scenarios.ts'

function cancel(client: Client, id: string) {
  return client.request(`/queue/jobs/${id}/cancel`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"force": true}',
  })
}

const test = containerTest(startStandIn)

/** Of some runner, and of none that has claimed. */
const SECRET = { [RUNNER_SECRET_HEADER]: 'the-secret-of-no-runner' }

describe('with a simulated engine', () => {
  describeContainers(test)

  /** A request as the container `name` would send it, through its side-car. */
  async function fromContainer(
    { standIn }: EngineAccess,
    name: string,
    url: string,
    init: { method?: string; body?: object },
  ) {
    const { host, port, pathname } = new URL(url)
    const tunnel = request({
      host: '127.0.0.1',
      port: standIn!.sidecarOf(name)!.egressPort,
      method: 'CONNECT',
      path: `${host}:${port || 80}`,
    }).end()
    const socket = await new Promise<import('node:net').Socket>((resolve, reject) => {
      tunnel.on('connect', (_, opened) => resolve(opened)).on('error', reject)
    })
    const inner = request({
      createConnection: () => socket,
      host,
      path: pathname,
      method: init.method ?? 'GET',
      headers: { 'content-type': 'application/json', ...SECRET },
    })
    inner.end(init.body && JSON.stringify(init.body))
    const answer = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
      inner.on('response', resolve).on('error', reject)
    })
    return { status: answer.statusCode, body: await text(answer) }
  }

  test('a container reaches the gateway for its own jobs only, and nothing else', async ({
    engine,
    system,
    events,
  }) => {
    const { client, readAttempts, listContainers } = system
    await waitForNoContainers(system)
    const [job] = await client.createJobs('videos/long.mp4', ['f_webm,w_636'])
    await events.ofType(job!.id, 'job:started')
    const [name] = await listContainers()
    const gateway = 'http://gateway.reelqueue'
    expect(engine.standIn!.sidecarOf(name!)!.config()).toMatchObject({
      internet: { enabled: false },
      dns: { allowHostnames: ['gateway.reelqueue'] },
    })
    const report = { fence: 1, progress: 1, stage: 'encode', etaSeconds: null }
    const at = (id: string) => `${gateway}/runner/jobs/${id}/report`
    // It may claim; there is nothing else that waits.
    const runner = { id: 'any' }
    const claim = { protocol: PROTOCOL_VERSION, runner, queues: ['default'], waitSeconds: 0 }
    const claimed = { method: 'POST', body: claim }
    expect(await fromContainer(engine, name!, `${gateway}/runner/claim`, claimed)).toMatchObject({
      status: 204,
    })
    // Of its job it may speak with its runner's secret, which only that process knows.
    const told = await fromContainer(engine, name!, at(job!.id), { method: 'POST', body: report })
    expect([told.status, told.body]).toEqual([409, expect.stringContaining('lease_lost')])
    // A job that another runner holds, with the right fence.
    const others = await client.createJobs('videos/long.mp4', ['f_webm,w_634'])
    const otherId = others[0]!.id
    await events.ofType(otherId, 'job:started')
    expect((await readAttempts(otherId))[0]!['runner']).not.toBe(
      (await readAttempts(job!.id))[0]!['runner'],
    )
    const refused = await fromContainer(engine, name!, at(otherId), {
      method: 'POST',
      body: report,
    })
    expect([refused.status, refused.body]).toEqual([409, expect.stringContaining('lease_lost')])
    // The rest of the service, and the internet.
    expect(await fromContainer(engine, name!, `${gateway}/queue/stats`, {})).toMatchObject({
      status: 404,
    })
    expect(await fromContainer(engine, name!, `${gateway}/t/videos/short.mp4`, {})).toMatchObject({
      status: 404,
    })
    await expect(fromContainer(engine, name!, 'http://example.com/', {})).rejects.toThrow()
    for (const id of [job!.id, otherId]) {
      await cancel(client, id)
    }
  }, 120_000)

  test('a container that exits before it claims is logged, and another slot is started', async ({
    engine,
    system,
    events,
  }) => {
    const { client, readAttempts, readLog } = system
    await waitForNoContainers(system)
    engine.standIn!.brokenStarts = 1
    const [job] = await client.createJobs('videos/short.mp4', ['w_322'])
    await waitForEnds(events, [job!.id])
    const failed = readLog('slot_ended').find(({ claimed }) => claimed === false)
    expect(failed).toMatchObject({ slot: 'slot-0', claimed: false, jobsLost: 0 })
    expect(failed!['how']).toMatch(/3/)
    const all = await readAttempts(job!.id)
    expect(all).toEqual([expect.objectContaining({ attempt: 1, outcome: 'completed' })])
    expect(all[0]!['runner']).toMatch(/^slot-1-/)
  })
})
