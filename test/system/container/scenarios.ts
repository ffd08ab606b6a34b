/** What has to work whatever the engine: from a ticket to a container to a variant in R2. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ends, follow, type Events } from '../fixtures/events.ts'
import { clip, probe } from '../fixtures/media.ts'
import {
  IDLE_SECONDS,
  startSystem,
  type System,
  until,
  type EngineAccess,
} from './containerSystem.ts'

const SLOT_RUNNER = /^slot-\d+-[0-9a-f]{8}$/
/** As many as there are slots. */
const WIDTH = 4

export function describeContainers(open: () => Promise<EngineAccess>) {
  const bench = { system: null as unknown as System }
  let events: Events
  const isIdle = async () => (await bench.system.containers()).length === 0

  beforeAll(async () => {
    bench.system = await startSystem(await open())
    events = await follow(bench.system.client)
    await bench.system.client.put('videos/short.mp4', clip())
    await bench.system.client.put('videos/long.mp4', clip({ seconds: 8 }))
  }, 400_000)
  afterAll(async () => {
    await events?.close()
    await bench.system?.stop()
  }, 30_000)

  test('a job goes through queue, slot, container and gateway to R2', async () => {
    const { client, attempts } = bench.system
    const began = performance.now()
    const [job] = await client.createJobs('videos/short.mp4', ['w_320'])
    await events.first(({ type, data }) => type === 'job:started' && data.jobId === job!.id)
    const started = performance.now() - began
    const [end] = await ends(events, [job!.id])
    expect(end!.data).toMatchObject({ status: 'completed' })
    console.log(`202 to job:started, cold: ${Math.round(started)} ms`)
    expect(await attempts(job!.id)).toEqual([
      expect.objectContaining({ outcome: 'completed', runner: expect.stringMatching(SLOT_RUNNER) }),
    ])
    const variant = await client.request('/t/w_320/videos/short.mp4')
    expect(probe(await variant.bytes()).streams[0]).toMatchObject({
      codec_name: 'h264',
      width: 320,
    })
  })

  test('a container goes once its runner has been idle', async () => {
    await until('no container', async () => (await isIdle()) || undefined, 40_000)
    await until('the slot to say so', () => bench.system.logged('slot_ended')[0])
    expect(bench.system.logged('slot_ended')[0]).toMatchObject({ claimed: true, jobsLost: 0 })
    expect(bench.system.logged('slot_ended')[0]!['seconds']).toBeGreaterThanOrEqual(IDLE_SECONDS)
  })

  test('a container killed in mid-job is noticed at once, and the job is done by another', async () => {
    const { client, attempts, containers, kill } = bench.system
    const [job] = await client.createJobs('videos/long.mp4', ['f_webm,w_638'])
    const isMine = (data: Record<string, unknown>) => data.jobId === job!.id
    await events.first(
      ({ type, data }) => type === 'job:progress' && isMine(data) && (data.progress as number) > 1,
    )
    const [name] = await containers()
    const killed = performance.now()
    await kill(name!)
    const retrying = await events.first(({ type, data }) => type === 'job:retrying' && isMine(data))
    const noticed = retrying.receivedAt - killed
    console.log(`killed to job:retrying: ${Math.round(noticed)} ms`)
    expect(noticed).toBeLessThan(5_000)
    expect(retrying.data['error']).toMatch(/^The container of slot-\d ended/)
    const [end] = await ends(events, [job!.id])
    expect(end!.data).toMatchObject({ status: 'completed' })
    const [second, first] = await attempts(job!.id)
    expect(first).toMatchObject({ outcome: 'failed', errorCode: 'runner_lost' })
    expect(second).toMatchObject({ outcome: 'completed' })
    expect(second!['runner']).not.toBe(first!['runner'])
  }, 120_000)

  test('a container that is told to stop hands its job back, with no attempt counted', async () => {
    const { client, attempts, containers, kill } = bench.system
    const [job] = await client.createJobs('videos/long.mp4', ['f_webm,w_630'])
    await events.first(
      ({ type, data }) =>
        type === 'job:progress' && data.jobId === job!.id && (data.progress as number) > 1,
    )
    await kill((await containers())[0]!, 'SIGTERM')
    const [end] = await ends(events, [job!.id])
    expect(end!.data).toMatchObject({ status: 'completed' })
    const [second, first] = await attempts(job!.id)
    expect(first).toMatchObject({ attempt: 1, outcome: 'released' })
    expect(second).toMatchObject({ attempt: 1, outcome: 'completed' })
    expect(second!['runner']).not.toBe(first!['runner'])
  }, 120_000)

  test('four jobs wake four slots at once', async () => {
    const { client, attempts, containers } = bench.system
    await until('no container', async () => (await isIdle()) || undefined, 40_000)
    const wanted = ['f_webm,w_320', 'f_webm,w_322', 'f_webm,w_324', 'f_webm,w_326']
    const began = performance.now()
    const jobs = await client.createJobs('videos/long.mp4', wanted)
    const up = await until('four containers', async () => {
      const names = await containers()
      return names.length >= WIDTH && names
    })
    console.log(`202 to four containers: ${Math.round(performance.now() - began)} ms`)
    expect(new Set(up).size).toBe(WIDTH)
    const ids = jobs.map(({ id }) => id)
    for (const { data } of await ends(events, ids)) {
      expect(data['status']).toBe('completed')
    }
    const runners = await Promise.all(ids.map(async (id) => (await attempts(id))[0]!['runner']))
    expect(new Set(runners).size).toBe(WIDTH)
    expect((await containers()).length).toBeLessThanOrEqual(WIDTH)
  }, 240_000)

  return bench
}
