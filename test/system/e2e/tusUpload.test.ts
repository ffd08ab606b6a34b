/** A resumable upload by tus-js-client, whose connection is cut and whose Worker dies. */
import { Upload } from 'tus-js-client'
import { expect, vi } from 'vitest'
import { startCutProxy } from '../fixtures/cutProxy.ts'
import { followEvents, waitForEnds } from '../fixtures/events.ts'
import { killProcess } from '../fixtures/processes.ts'
import { padClip } from '../fixtures/media.ts'
import { API_KEY } from '../fixtures/system.ts'
import { systemTest } from '../fixtures/systemTest.ts'
import { findWorkerProcess } from '../fixtures/workerProcess.ts'

const MIB = 1024 ** 2
const PART = 5 * MIB
const KEY = { Authorization: `Bearer ${API_KEY}` }

const test = systemTest()

test('an upload that is cut in mid-part continues there after a restart of the Worker', async ({
  system,
}) => {
  const file = padClip(12 * MIB)
  await using proxy = await startCutProxy(system.url, 8 * MIB)
  const readOffset = async (url: string) => {
    const head = { method: 'HEAD', headers: { ...KEY, 'Tus-Resumable': '1.0.0' } }
    const response = await fetch(url.replace(proxy.url, system.url), head)
    return Number(response.headers.get('Upload-Offset'))
  }
  let killed: number | null = null
  const offsets: number[] = []
  await new Promise<void>((resolve, reject) => {
    const upload = new Upload(Buffer.from(file), {
      endpoint: `${proxy.url}/tus`,
      headers: KEY,
      metadata: { filePath: 'videos/resumed.mp4' },
      retryDelays: Array.from({ length: 60 }, () => 250),
      onError: reject,
      onSuccess: () => resolve(),
      async onBeforeRequest(request) {
        if (request.getMethod() === 'PATCH') {
          offsets.push(Number(request.getHeader('Upload-Offset')))
        }
        if (proxy.hasCut() && killed === null) {
          await vi.waitFor(
            async () => expect(await readOffset(upload.url!)).toBeGreaterThan(PART),
            {
              timeout: 20_000,
            },
          )
          killed = findWorkerProcess(system)
          killProcess(killed)
        }
      },
    })
    upload.start()
  })

  expect(findWorkerProcess(system)).not.toBe(killed)
  expect(offsets[0]).toBe(0)
  const resumed = offsets.at(-1)!
  expect(resumed).toBeGreaterThan(PART)
  expect(resumed).toBeLessThan(8 * MIB)
  const stored = await (await system.client.request('/t/videos/resumed.mp4')).bytes()
  expect(Buffer.compare(stored, file)).toBe(0)
  const events = await followEvents(system.client)
  const [job] = await system.client.createJobs('videos/resumed.mp4', ['t_true,tt_1,w_64'])
  await waitForEnds(events, [job!.id])
  await events.close()
  expect(await system.client.job(job!.id)).toMatchObject({ status: 'completed' })
})
