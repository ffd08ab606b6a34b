/** Reports of one attempt that arrive out of order. */
import { afterAll, expect, it } from 'vitest'
import { trackClients } from '../helpers/eventStream.ts'
import { asRunner, expectJson } from '../helpers/requests.ts'
import { OUTPUT, startJob } from '../helpers/fakeRunner.ts'
import { jobRow } from '../helpers/database.ts'
import { readJob } from '../helpers/jobs.ts'

const clients = trackClients()
afterAll(clients.closeAll)

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

it('streams of one queue and of all queues never show a decrease of progress', async () => {
  const { jobId, fence } = await startJob('reordered.mp4')
  const streams = [await clients.watch('?queue=default'), await clients.watch()]
  const report = async (progress: number, facts: object = {}) => {
    const message = { fence, progress, stage: 'encode', etaSeconds: null, ...facts }
    await expectJson(await asRunner('POST', `/runner/jobs/${jobId}/report`, message), 200)
  }
  // A report with facts is stored in the database, and the hub records the others.
  const facts = { input: OUTPUT }
  await report(10, facts)
  await report(50)
  await report(40, facts)
  await Promise.all([60, 45, 55, 30].map((progress) => report(progress)))
  await report(99)
  for (const stream of streams) {
    await stream.first(({ event, data }) => event === 'job:progress' && data.progress === 99)
    const shown = stream.seen
      .filter(({ event }) => event === 'job:progress')
      .map(({ data }) => data.progress as number)
    expect(shown).toEqual(shown.toSorted((a, b) => a - b))
  }
})
