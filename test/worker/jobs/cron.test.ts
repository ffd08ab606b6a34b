/** The cron handler runs the cleaner, and the watchdog of each queue. */
import {
  createExecutionContext,
  createScheduledController,
  runInDurableObject,
  waitOnExecutionContext,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, expect, it, vi } from 'vitest'
import worker from '../../../src/index.ts'
import { startJob, type FakeRunner } from '../helpers/fakeRunner.ts'
import { jobRow } from '../helpers/database.ts'
import { insertJobIn } from '../helpers/jobStore.ts'

function run(sql: string) {
  return env.DB.prepare(sql).run()
}
async function cron(bindings: Env = env) {
  const context = createExecutionContext()
  await worker.scheduled(createScheduledController(), bindings, context)
  await waitOnExecutionContext(context)
}
function deleteAlarm(queue: string) {
  return runInDurableObject(env.HUBS.getByName(queue), (_, state) => state.storage.deleteAlarm())
}

let lost: FakeRunner
let active: FakeRunner
beforeEach(async () => {
  await run('DELETE FROM jobs')
  active = await startJob('held.mp4')
  lost = await startJob('lost.mp4')
  await run(`UPDATE jobs SET lease_expires_at = 1 WHERE id = '${lost.jobId}'`)
  await deleteAlarm('default')
})

it('ends an attempt whose lease has expired, keeps another, and sets the missing alarm', async () => {
  await cron()
  const row = (await jobRow(lost.jobId))!
  expect(row).toMatchObject({ status: 'pending', error_code: 'runner_lost' })
  expect(await jobRow(active.jobId)).toMatchObject({ status: 'running' })
  const alarm = await runInDurableObject(env.HUBS.getByName('default'), (_, state) =>
    state.storage.getAlarm(),
  )
  expect(alarm).toBe(row.run_after)
})

it('deletes an old job', async () => {
  const { id } = await insertJobIn('cancelled')
  await run(`UPDATE jobs SET completed_at = 1 WHERE id = '${id}'`)
  await cron()
  expect(await jobRow(id)).toBeNull()
})

it('continues with other queues when one fails', async () => {
  await run("INSERT OR IGNORE INTO queues (name) VALUES ('another')")
  const failing = {
    getByName: (name: string) =>
      name === 'another'
        ? { runWatchdog: () => Promise.reject(new Error('this hub is down')) }
        : env.HUBS.getByName(name),
  } as Env['HUBS']
  await cron({ ...env, HUBS: failing })
  expect(await jobRow(lost.jobId)).toMatchObject({ status: 'pending', error_code: 'runner_lost' })
})

it.each(['RUNNER_SLOTS', 'RUNNER_DISK_BYTES', 'JOB_RETENTION_DAYS'])(
  'ends attempts while the setting %s is not valid',
  async (name) => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    await cron({ ...env, [name]: 'many' }).catch(() => undefined)
    logged.mockRestore()
    expect(await jobRow(lost.jobId)).toMatchObject({ status: 'pending' })
  },
)
