import { execFileSync } from 'node:child_process'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, expect, vi } from 'vitest'
import type { Client } from '../../../scripts/client.ts'
import type { Chunk } from '../../../src/contract/job.ts'
import { PROTOCOL_VERSION, RUNNER_SECRET_HEADER } from '../../../src/contract/runnerProtocol.ts'
import { args } from '../../fixtures/args.ts'
import { waitForEnds } from '../fixtures/events.ts'
import { makeClip } from '../fixtures/media.ts'
import type { EngineAccess } from './containerSystem.ts'
import { containerTest } from './containerTest.ts'
import { startStandIn } from './engines.ts'
import { describeContainers, SLOTS, waitForNoContainers } from './scenarios.ts'

function cancel(client: Client, id: string) {
  return client.request(`/queue/jobs/${id}/cancel`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"force": true}',
  })
}

/** Makes a second of video. @param output options of ffmpeg */
function makeVideo(output: string[]): Uint8Array<ArrayBuffer> {
  const list = args`-v error -nostdin -f lavfi -i testsrc2=s=64x48:d=1 ${output} -`
  return Uint8Array.from(execFileSync('ffmpeg', list))
}

const test = containerTest(startStandIn)

/** The secret of a runner that has claimed no job. */
const SECRET = { [RUNNER_SECRET_HEADER]: 'the-secret-of-no-runner' }

describe('with a simulated engine', () => {
  describeContainers(test)

  /** Sends a request through the sidecar of the container `name`, as the container would. */
  async function fromContainer(
    { standIn }: EngineAccess,
    name: string,
    url: string,
    init: { method?: string; body?: object },
  ) {
    const { host, port, pathname } = new URL(url)
    const tunnel = request({
      host: '127.0.0.1',
      port: standIn!.findSidecar(name)!.egressPort,
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
    const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
      inner.on('response', resolve).on('error', reject)
    })
    return { status: response.statusCode, body: await text(response) }
  }

  test('a container can claim, but can neither report for another runner nor reach another route', async ({
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
    expect(engine.standIn!.findSidecar(name!)!.config()).toMatchObject({
      internet: { enabled: false },
      dns: { allowHostnames: ['gateway.reelqueue'] },
    })
    const report = { fence: 1, progress: 1, stage: 'encode', etaSeconds: null }
    const at = (id: string) => `${gateway}/runner/jobs/${id}/report`
    // A claim is allowed, and returns 204 because no job is pending.
    const runner = { id: 'any' }
    const claim = { protocol: PROTOCOL_VERSION, runner, queues: ['default'], waitSeconds: 0 }
    const claimed = { method: 'POST', body: claim }
    expect(await fromContainer(engine, name!, `${gateway}/runner/claim`, claimed)).toMatchObject({
      status: 204,
    })
    // A report on its own job needs the runner's secret, which only the runner's process knows.
    const sameRunner = await fromContainer(engine, name!, at(job!.id), {
      method: 'POST',
      body: report,
    })
    expect([sameRunner.status, sameRunner.body]).toEqual([
      409,
      expect.stringContaining('lease_lost'),
    ])
    // A report on the job of another runner, with the right fence.
    const others = await client.createJobs('videos/long.mp4', ['f_webm,w_634'])
    const otherId = others[0]!.id
    await events.ofType(otherId, 'job:started')
    expect((await readAttempts(otherId))[0]!['runner']).not.toBe(
      (await readAttempts(job!.id))[0]!['runner'],
    )
    const otherRunner = await fromContainer(engine, name!, at(otherId), {
      method: 'POST',
      body: report,
    })
    expect([otherRunner.status, otherRunner.body]).toEqual([
      409,
      expect.stringContaining('lease_lost'),
    ])
    // Other routes of the service, and the internet, are unreachable.
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
  }, 240_000)

  test('an image and a probe are made by a container, all of whose requests leave through its sidecar', async ({
    system: { client },
    events,
  }) => {
    await client.put('images/still.png', makeVideo(args`-frames:v 1 -c:v png -f image2pipe`))
    await client.put('videos/clip.mkv', makeVideo(args`-c:v libx264 -f matroska`))
    const created = [
      ...(await client.createJobs('images/still.png', ['f_webp,w_32'])),
      ...(await client.createJobs('videos/clip.mkv', ['f_json'])),
    ]
    const ids = created.map(({ id }) => id)
    await waitForEnds(events, ids)
    for (const id of ids) {
      expect(await client.job(id)).toMatchObject({ status: 'completed', error: null })
    }
  })

  test('a split job starts all containers, and those that receive SIGTERM complete their chunks', async ({
    system,
    events,
    engine: { standIn },
  }) => {
    const { client, listContainers, kill } = system
    await waitForNoContainers(system)
    await client.put('videos/longer.mp4', makeClip({ seconds: 16 }))
    const response = await client.request('/queue/jobs', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        filePath: 'videos/longer.mp4',
        // The encodes are frozen until all containers have started.
        stallSeconds: 600,
        transformations: ['f_webm,w_400'],
        chunkSeconds: 2,
      }),
    })
    const { jobs } = (await response.json()) as { jobs: { id: string }[] }
    const { id } = jobs[0]!
    const listChunks = async () => {
      const listed = await client.request(`/queue/jobs/${id}/chunks`)
      return ((await listed.json()) as { chunks: Chunk[] }).chunks
    }
    const active = await vi.waitFor(
      async () => {
        // Some chunks may end before every container has one: there are more of them.
        standIn!.signalEncodes('SIGSTOP')
        const held = (await listChunks()).filter(({ status }) => status === 'running')
        // One of them makes the audio beside its chunk of video.
        expect(new Set(held.map(({ runner }) => runner)).size).toBe(SLOTS)
        return held
      },
      { timeout: 150_000, interval: 50 },
    )
    const names = await listContainers()
    expect(names).toHaveLength(SLOTS)
    await Promise.all(names.map((name) => kill(name, 'SIGTERM')))
    standIn!.signalEncodes('SIGCONT')
    await events.ofType(id, 'job:completed')
    const chunks = await listChunks()
    // The audio, eleven chunks of video (the last five are short), and the join.
    expect(chunks.map(({ kind, attempt }) => [kind, attempt])).toEqual([
      ['audio', 1],
      ...Array.from({ length: 11 }, () => ['video', 1]),
      ['join', 1],
    ])
    expect(active.map(({ index }) => chunks[index]!.runner)).toEqual(
      active.map(({ runner }) => runner),
    )
    expect(active.map(({ runner }) => runner)).not.toContain(chunks.at(-1)!.runner)
  }, 240_000)

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
