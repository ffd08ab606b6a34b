/** Reports of one attempt that arrive out of order. */
import { expect, it } from 'vitest'
import { asRunner, expectJson } from '../helpers/requests.ts'
import { startJob } from '../helpers/fakeRunner.ts'
import { jobRow } from '../helpers/database.ts'
import { readJob } from '../helpers/jobs.ts'

it('a late report does not shorten the lease, and reverts neither progress nor stage', async () => {
  const { jobId, fence } = await startJob('late.mp4')
  const report = async (progress: number, stage: string, etaSeconds: number | null) =>
    expectJson(
      await asRunner('POST', `/runner/jobs/${jobId}/report`, {
        fence,
        progress,
        stage,
        etaSeconds,
      }),
      200,
    )
  await report(93, 'upload', 1)
  // The hub records this one, because it changes nothing but progress.
  await report(94, 'upload', 1)
  const before = (await jobRow(jobId))!
  await report(40, 'encode', 60)
  const after = (await jobRow(jobId))!
  expect(await readJob(jobId)).toMatchObject({ progress: 94, stage: 'upload', etaSeconds: 1 })
  expect(after.lease_expires_at).toBeGreaterThanOrEqual(before.lease_expires_at!)
  // Control: a report with the same progress is not late, and its values are stored.
  await report(94, 'upload', null)
  expect(await readJob(jobId)).toMatchObject({ progress: 94, stage: 'upload', etaSeconds: null })
})
