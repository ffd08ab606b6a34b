import { afterEach, expect, test } from 'vitest'
import { followEvents, waitForEnds } from '../fixtures/events.ts'
import { makeClip } from '../fixtures/media.ts'
import { expectNoProcesses } from '../fixtures/expectNoProcesses.ts'
import { listProcesses } from '../fixtures/processes.ts'
import { startSystem, type System, type SystemOptions } from '../fixtures/system.ts'

const running: System[] = []
async function start(options: SystemOptions = {}): Promise<System> {
  const system = await startSystem(options)
  running.push(system)
  return system
}
// Also stops the systems of a failed test.
afterEach(async () => {
  await Promise.all(running.splice(0).map((system) => system.stop()))
})

test('SIGTERM ends every process, and npm start exits with code 0', async () => {
  const system = await start({ runners: 2 })
  const { stateDir } = system
  const commands = listProcesses(stateDir).map(({ command }) => command)
  expect(commands.some((command) => command.includes('workerd'))).toBe(true)
  expect(commands.filter((command) => command.includes('container/main.ts'))).toHaveLength(2)

  expect(await system.stop('SIGTERM')).toBe(0)
  await expectNoProcesses(stateDir)
})

test('a second start keeps files, jobs and variants', async () => {
  const first = await start()
  const bytes = makeClip()
  await first.client.put('videos/kept.mp4', bytes)
  const events = await followEvents(first.client)
  const [job] = await first.client.createJobs('videos/kept.mp4', ['t_true,tt_1,w_64'])
  await waitForEnds(events, [job!.id])
  await events.close()
  const variant = await (await first.client.request('/t/t_true,tt_1,w_64/videos/kept.mp4')).bytes()
  const before = await first.client.job(job!.id)
  expect(await first.stop()).toBe(0)

  const { client } = await start({ stateDir: first.stateDir, runners: 0 })
  expect(await client.job(job!.id)).toEqual(before)
  expect(await (await client.request('/t/videos/kept.mp4')).bytes()).toEqual(bytes)
  expect(await (await client.request('/t/t_true,tt_1,w_64/videos/kept.mp4')).bytes()).toEqual(
    variant,
  )
})

test('SIGTERM during an encode releases the job, and the next start completes it', async () => {
  const first = await start()
  await first.client.put('videos/long.mp4', makeClip({ size: '1280x720', seconds: 6 }))
  const events = await followEvents(first.client)
  const [job] = await first.client.createJobs('videos/long.mp4', ['f_webm,w_854'])
  await events.first(({ type, data }) => type === 'job:progress' && (data.progress as number) > 0)
  expect(await first.stop()).toBe(0)
  await events.close()
  await expectNoProcesses(first.stateDir)

  const idle = await start({ stateDir: first.stateDir, runners: 0 })
  // An interrupted attempt does not count.
  expect(await idle.client.job(job!.id)).toMatchObject({
    status: 'pending',
    attempt: 0,
    error: null,
  })
  await idle.stop()

  const second = await start({ stateDir: first.stateDir })
  const after = await followEvents(second.client, '0')
  const [end] = await waitForEnds(after, [job!.id])
  await after.close()
  expect(end!.type).toBe('job:completed')
  expect(await second.client.job(job!.id)).toMatchObject({ status: 'completed', attempt: 1 })
}, 180_000)

test('a job that was pending at a power failure completes after the next start', async () => {
  const first = await start({ runners: 0 })
  await first.client.put('videos/queued.mp4', makeClip())
  const [job] = await first.client.createJobs('videos/queued.mp4', ['w_320'])
  await first.cutPower()
  await expectNoProcesses(first.stateDir)

  const second = await start({ stateDir: first.stateDir })
  const events = await followEvents(second.client, '0')
  const [end] = await waitForEnds(events, [job!.id])
  await events.close()
  expect(end!.type).toBe('job:completed')
})
