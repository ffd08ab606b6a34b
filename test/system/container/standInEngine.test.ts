import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, describe, expect, test } from 'vitest'
import type { Client } from '../../../scripts/client.ts'
import { PROTOCOL_VERSION, RUNNER_SECRET_HEADER } from '../../../src/contract/runnerProtocol.ts'
import { ends, follow } from '../fixtures/events.ts'
import { startStandIn } from './engines.ts'
import { describeContainers } from './scenarios.ts'
import { until } from './containerSystem.ts'

function cancel(client: Client, id: string) {
  return client.request(`/queue/jobs/${id}/cancel`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"force": true}',
  })
}

let standIn: Awaited<ReturnType<typeof startStandIn>>
afterAll(() => standIn?.close())

/** Of some runner, and of none that has claimed. */
const SECRET = { [RUNNER_SECRET_HEADER]: 'the-secret-of-no-runner' }

describe('with a stand-in engine', () => {
  const bench = describeContainers(async () => (standIn = await startStandIn()))

  /** A request as the container `name` would send it, through its side-car. */
  async function fromContainer(
    name: string,
    url: string,
    init: { method?: string; body?: object },
  ) {
    const { host, port, pathname } = new URL(url)
    const tunnel = request({
      host: '127.0.0.1',
      port: standIn.engine.sidecarOf(name)!.egressPort,
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

  test('a container reaches the gateway, for its own jobs, and nothing else', async () => {
    const { client, attempts, containers } = bench.system
    await until('no container', async () => (await containers()).length === 0 || undefined, 40_000)
    const events = await follow(client)
    const [job] = await client.createJobs('videos/long.mp4', ['f_webm,w_636'])
    await events.first(({ type, data }) => type === 'job:started' && data['jobId'] === job!.id)
    const [name] = await containers()
    const gateway = 'http://gateway.reelqueue'
    expect(standIn.engine.sidecarOf(name!)!.config()).toMatchObject({
      internet: { enabled: false },
      dns: { allowHostnames: ['gateway.reelqueue'] },
    })
    const report = { fence: 1, progress: 1, stage: 'encode', etaSeconds: null }
    const at = (id: string) => `${gateway}/runner/jobs/${id}/report`
    // It may claim; there is nothing else that waits.
    const runner = { id: 'any' }
    const claim = { protocol: PROTOCOL_VERSION, runner, queues: ['default'], waitSeconds: 0 }
    const claimed = { method: 'POST', body: claim }
    expect(await fromContainer(name!, `${gateway}/runner/claim`, claimed)).toMatchObject({
      status: 204,
    })
    // Of its job it may speak with its runner's secret, which only that process knows.
    const told = await fromContainer(name!, at(job!.id), { method: 'POST', body: report })
    expect([told.status, told.body]).toEqual([409, expect.stringContaining('lease_lost')])
    // A job that another runner holds, with the right fence.
    const others = await client.createJobs('videos/long.mp4', ['f_webm,w_634'])
    const otherId = others[0]!.id
    await events.first(({ type, data }) => type === 'job:started' && data['jobId'] === otherId)
    expect((await attempts(otherId))[0]!['runner']).not.toBe(
      (await attempts(job!.id))[0]!['runner'],
    )
    const refused = await fromContainer(name!, at(otherId), { method: 'POST', body: report })
    expect([refused.status, refused.body]).toEqual([409, expect.stringContaining('lease_lost')])
    // The rest of the service, and the internet.
    expect(await fromContainer(name!, `${gateway}/queue/stats`, {})).toMatchObject({ status: 404 })
    expect(await fromContainer(name!, `${gateway}/t/videos/short.mp4`, {})).toMatchObject({
      status: 404,
    })
    await expect(fromContainer(name!, 'http://example.com/', {})).rejects.toThrow()
    for (const id of [job!.id, otherId]) {
      await cancel(client, id)
    }
    await events.close()
  }, 120_000)

  test('a start that never leads to a claim is logged, and tried elsewhere', async () => {
    const { client, attempts, containers, logged } = bench.system
    await until('no container', async () => (await containers()).length === 0 || undefined, 40_000)
    standIn.engine.brokenStarts = 1
    const events = await follow(client)
    const [job] = await client.createJobs('videos/short.mp4', ['w_322'])
    await ends(events, [job!.id])
    await events.close()
    const failed = logged('slot_ended').find(({ claimed }) => claimed === false)
    expect(failed).toMatchObject({ slot: 'slot-0', claimed: false, jobsLost: 0 })
    expect(failed!['how']).toMatch(/3/)
    const all = await attempts(job!.id)
    expect(all).toEqual([expect.objectContaining({ attempt: 1, outcome: 'completed' })])
    expect(all[0]!['runner']).toMatch(/^slot-1-/)
  })
})
