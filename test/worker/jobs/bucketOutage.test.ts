/** Maintenance while R2 fails: the watchdog still runs, and deletions are retried later. */
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import type { ObjectStore } from '../../../src/storage/objectStore.ts'
import type { Platform } from '../../../src/services/ports.ts'
import { collectGarbage } from '../../../src/services/maintenance/garbageCollector.ts'
import { runWatchdog } from '../../../src/services/maintenance/watchdog.ts'
import { expectJson } from '../helpers/requests.ts'
import { startJob } from '../helpers/fakeRunner.ts'
import { openPlatform, jobRow } from '../helpers/database.ts'

it('while R2 fails, the watchdog expires a lease and keeps the retired output', async () => {
  const { platform, settled } = openPlatform()
  const lost = await startJob('lost.mp4')
  await expectJson(await lost.beginOutput(), 200)
  await env.DB.prepare('UPDATE jobs SET lease_expires_at = 1').run()
  const variants = new Proxy(platform.variants, {
    get: () => () => {
      throw new Error('the bucket is down')
    },
  })
  const down: Platform = { ...platform, variants }
  const next = await runWatchdog(down, 'default')
  const row = (await jobRow(lost.jobId))!
  expect(row).toMatchObject({ status: 'pending', error_code: 'runner_lost' })
  expect(next).toBe(row.run_after)
  await settled()
  const retired = () =>
    env.DB.prepare('SELECT count(*) AS n FROM outputs WHERE retired').first<number>('n')
  expect(await retired()).toBe(1)

  // Once the bucket works again, the output is deleted.
  await collectGarbage(platform)
  expect(await retired()).toBe(0)
})

it('the garbage collector postpones an output whose upload could not be aborted', async () => {
  const { platform, settled } = openPlatform()
  const runner = await startJob('half.mp4')
  await expectJson(await runner.beginOutput(), 200)
  await env.DB.prepare('UPDATE outputs SET retired = 1').run()
  const failing: ObjectStore = {
    ...platform.variants,
    abortMultipartUpload: () => Promise.reject(new Error('busy (10001)')),
  }
  expect(await collectGarbage({ ...platform, variants: failing })).toBe(0)
  // The output is postponed by ten minutes, so that it does not hold up other outputs.
  expect(await collectGarbage(platform)).toBe(0)
  await env.DB.prepare('UPDATE outputs SET collect_after = 1 WHERE retired').run()
  expect(await collectGarbage(platform)).toBe(1)
  await settled()
})
