/** What the totals of a queue count of exported jobs. */
import { env } from 'cloudflare:workers'
import { afterEach, expect, it, vi } from 'vitest'
import { beginExport, interceptS3, openExports, quietly } from '../helpers/exports.ts'
import { readJob } from '../helpers/jobs.ts'
import { readQueueMetrics } from '../../../src/db/metrics.ts'

afterEach(() => void vi.restoreAllMocks())

async function countTotals(): Promise<Record<string, number>> {
  const { queues, storage } = await readQueueMetrics(openExports().platform.db, 'default')
  const { variants, variantBytes } = storage
  return { ...queues[0]!.totals, variants, variantBytes }
}

/** Returns what an action adds to the totals. */
async function countAdded(action: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await countTotals()
  await action()
  const added = Object.entries(await countTotals())
    .map(([name, value]) => [name, value - (before[name] ?? 0)] as const)
    .filter(([, value]) => value !== 0)
  return Object.fromEntries(added)
}

it('a variant is counted when it is stored, and no more when it is deleted', async () => {
  const { runAll } = openExports()
  let filePath = ''
  const added = await countAdded(async () => {
    const { id, ...begun } = await beginExport('out/counted.mp4')
    filePath = begun.filePath
    await runAll(id)
    expect(await readJob(id)).toMatchObject({ status: 'completed' })
  })
  expect(added).toMatchObject({
    claims: 1,
    completed: 1,
    variants: 1,
    variantBytes: 'made for out/counted.mp4'.length,
    'stage:encode': 100,
  })
  const remove = env.DB.prepare('DELETE FROM variants WHERE file_path = ?').bind(filePath)
  expect(await countAdded(() => remove.run())).toMatchObject({
    variants: -1,
    variantBytes: -added['variantBytes']!,
  })
})

it('a failed export is counted with its code, and its repetition with its own time and as no claim', async () => {
  const { runAll } = openExports()
  let id = ''
  interceptS3(() => new Response('', { status: 403 }))
  expect(
    await countAdded(async () => {
      id = (await beginExport('out/counted-refused.mp4')).id
      await runAll(id)
    }),
  ).toMatchObject({ claims: 1, failed: 1, 'failure:export_refused': 1 })
  vi.restoreAllMocks()
  await env.DB.prepare('UPDATE jobs SET started_at = started_at - 3600000 WHERE id = ?')
    .bind(id)
    .run()
  const repeated = await countAdded(async () => {
    await quietly('POST', `/queue/jobs/${id}/retry`)
    await runAll(id)
  })
  expect(await readJob(id)).toMatchObject({ status: 'completed' })
  expect(Object.keys(repeated)).not.toContain('claims')
  expect(Object.keys(repeated)).not.toContain('variants')
  expect(repeated).toMatchObject({ completed: 1 })
  expect(repeated['processing_ms'] ?? 0).toBeLessThan(60_000)
})
