/**
 * Tests for every container engine, real or simulated: a ticket (a queue message) starts a
 * container, which stores a variant in R2, and containers end when they are idle or killed.
 */
import { expect, vi } from 'vitest'
import { waitForEnds } from '../fixtures/events.ts'
import { probe } from '../fixtures/media.ts'
import { type ContainerSystem, IDLE_SECONDS } from './containerSystem.ts'
import type { ContainerTest } from './containerTest.ts'

const SLOT_RUNNER = /^slot-\d+-[0-9a-f]{8}$/
/** The number of slots in `wrangler.toml`. */
export const SLOTS = 4

/** Waits until the containers of earlier tests have exited. */
export function waitForNoContainers({ listContainers }: ContainerSystem): Promise<void> {
  const check = async () => expect(await listContainers()).toEqual([])
  return vi.waitFor(check, { timeout: 90_000, interval: 50 })
}

export function describeContainers(test: ContainerTest) {
  test('a job goes through queue, slot, container and gateway to R2', async ({
    system,
    events,
  }) => {
    const { client, readAttempts } = system
    const began = performance.now()
    const [job] = await client.createJobs('videos/short.mp4', ['w_320'])
    await events.ofType(job!.id, 'job:started')
    const started = performance.now() - began
    const [end] = await waitForEnds(events, [job!.id])
    expect(end!.data).toMatchObject({ status: 'completed' })
    console.log(`202 to job:started, cold: ${Math.round(started)} ms`)
    expect(await readAttempts(job!.id)).toEqual([
      expect.objectContaining({ outcome: 'completed', runner: expect.stringMatching(SLOT_RUNNER) }),
    ])
    const variant = await client.request('/t/w_320/videos/short.mp4')
    expect((await probe(await variant.bytes())).streams[0]).toMatchObject({
      codec_name: 'h264',
      width: 320,
    })
  })

  test('a container exits once its runner has been idle', async ({ system }) => {
    await waitForNoContainers(system)
    await vi.waitFor(() => expect(system.readLog('slot_ended')).not.toEqual([]), 30_000)
    const [ended] = system.readLog('slot_ended')
    expect(ended).toMatchObject({ claimed: true, jobsLost: 0 })
    expect(ended!['seconds']).toBeGreaterThanOrEqual(IDLE_SECONDS)
  })

  test('a container that is killed fails its attempt within 5 s, and another completes the job', async ({
    system,
    events,
  }) => {
    const { client, readAttempts, listContainers, kill } = system
    const [job] = await client.createJobs('videos/long.mp4', ['f_webm,w_638'])
    const isMine = (data: Record<string, unknown>) => data.jobId === job!.id
    await events.first(
      ({ type, data }) => type === 'job:progress' && isMine(data) && (data.progress as number) > 1,
    )
    const [name] = await listContainers()
    const killed = performance.now()
    await kill(name!)
    const retrying = await events.ofType(job!.id, 'job:retrying')
    const noticed = retrying.receivedAt - killed
    console.log(`killed to job:retrying: ${Math.round(noticed)} ms`)
    expect(noticed).toBeLessThan(5_000)
    expect(retrying.data['error']).toMatch(/^The container of slot-\d ended/)
    const [end] = await waitForEnds(events, [job!.id])
    expect(end!.data).toMatchObject({ status: 'completed' })
    const [second, first] = await readAttempts(job!.id)
    expect(first).toMatchObject({ outcome: 'failed', errorCode: 'runner_lost' })
    expect(second).toMatchObject({ outcome: 'completed' })
    expect(second!['runner']).not.toBe(first!['runner'])
  }, 240_000)

  test('a container that receives SIGTERM completes its job, and ends', async ({
    system,
    events,
  }) => {
    const { client, readAttempts, listContainers, kill } = system
    const [job] = await client.createJobs('videos/long.mp4', ['f_webm,w_630'])
    await events.first(
      ({ type, data }) =>
        type === 'job:progress' && data.jobId === job!.id && (data.progress as number) > 1,
    )
    await kill((await listContainers())[0]!, 'SIGTERM')
    const [end] = await waitForEnds(events, [job!.id])
    expect(end!.data).toMatchObject({ status: 'completed' })
    expect(await readAttempts(job!.id)).toMatchObject([{ attempt: 1, outcome: 'completed' }])
    await waitForNoContainers(system)
  }, 240_000)

  test('four jobs start four slots at once', async ({ system, events }) => {
    const { client, readAttempts, listContainers } = system
    await waitForNoContainers(system)
    const wanted = ['f_webm,w_320', 'f_webm,w_322', 'f_webm,w_324', 'f_webm,w_326']
    const began = performance.now()
    const jobs = await client.createJobs('videos/long.mp4', wanted)
    const names = await vi.waitFor(
      async () => {
        const running = await listContainers()
        expect(running.length).toBeGreaterThanOrEqual(SLOTS)
        return running
      },
      { timeout: 90_000, interval: 50 },
    )
    console.log(`202 to four containers: ${Math.round(performance.now() - began)} ms`)
    expect(new Set(names).size).toBe(SLOTS)
    const ids = jobs.map(({ id }) => id)
    for (const { data } of await waitForEnds(events, ids)) {
      expect(data['status']).toBe('completed')
    }
    const runners = await Promise.all(ids.map(async (id) => (await readAttempts(id))[0]!['runner']))
    expect(new Set(runners).size).toBe(SLOTS)
    expect((await listContainers()).length).toBeLessThanOrEqual(SLOTS)
  }, 240_000)
}
