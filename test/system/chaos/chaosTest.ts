/** `test` for fault injection: a system with a stored video that takes seconds to encode. */
import { makeClip } from '../fixtures/media.ts'
import type { System, SystemOptions } from '../fixtures/system.ts'
import { systemTest } from '../fixtures/systemTest.ts'
import { setQueue } from './jobs.ts'
import { startProxy } from './proxy.ts'
import { startRunner } from './runner.ts'

/** The path of the stored video. */
export const LONG_VIDEO = 'videos/long.mp4'

interface ChaosOptions extends SystemOptions {
  /** The duration of the stored video. */
  seconds: number
  leaseSeconds?: number
}

/** Like `systemTest`, and stores the video at {@link LONG_VIDEO} and sets `leaseSeconds`. */
export function chaosTest(options: ChaosOptions) {
  const test = systemTest(options)
  test.beforeAll(({ system }) => prepare(system, options))
  return test
}

/** Like `chaosTest`, with one runner, which reaches the gateway through `proxy`. */
export function proxiedTest(options: ChaosOptions) {
  const test = systemTest({ ...options, runners: 0 })
    .extend('proxy', { scope: 'file' }, async ({ system }, { onCleanup }) => {
      const proxy = await startProxy(system.url)
      onCleanup(() => proxy.close())
      return proxy
    })
    .extend('runner', { scope: 'file', auto: true }, async ({ system, proxy }, { onCleanup }) => {
      const runner = await startRunner(system, { gatewayUrl: proxy.url })
      onCleanup(async () => void (await runner.stop()))
      return runner
    })
  test.beforeAll(({ system }) => prepare(system, options))
  return test
}

async function prepare({ client }: System, { seconds, leaseSeconds }: ChaosOptions) {
  if (leaseSeconds !== undefined) {
    await setQueue(client, { leaseSeconds })
  }
  // A small file, so that ffmpeg reads all of it early and could continue without its runner.
  await client.put(LONG_VIDEO, makeClip({ size: '1280x720', seconds, crf: 51 }))
}
