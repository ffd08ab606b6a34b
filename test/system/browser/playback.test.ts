/** hls.js in Chromium plays streams that the whole system makes. */
import { expect } from 'vitest'
import type { Client } from '../../../scripts/client.ts'
import { waitForEnds } from '../fixtures/events.ts'
import { makeClip } from '../fixtures/media.ts'
import { systemTest } from '../fixtures/systemTest.ts'
import { openPlayer, startBrowser } from './player.ts'

const test = systemTest().extend('browser', { scope: 'file' }, async ({}, { onCleanup }) => {
  const browser = await startBrowser()
  onCleanup(() => browser.close())
  return browser
})

/** Signs a URL that a page can use without an API key. */
async function signUrl(client: Client, path: string): Promise<string> {
  const response = await client.request('/signed-urls', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ method: 'GET', path, expiresInSeconds: 600 }),
  })
  return ((await response.json()) as { url: string }).url
}

test('a finished stream plays from its first to its last second', async ({
  system,
  events,
  browser,
}) => {
  const seconds = 12
  await system.client.put('videos/finished.mp4', makeClip({ seconds }))
  const [job] = await system.client.createJobs('videos/finished.mp4', [
    'f_hls,lad_144+240+360,sd_2',
  ])
  const [end] = await waitForEnds(events, [job!.id])
  expect(end!.type).toBe('job:completed')

  const player = await openPlayer(browser, system.url)
  await player.play(
    await signUrl(system.client, 'f_hls,lad_144+240+360,sd_2/videos/finished.mp4/master.m3u8'),
    4,
  )
  await player.waitUntil('the end')
  const state = await player.state()
  expect(state.fatal).toEqual([])
  expect(state.levels).toEqual([144, 240, 360])
  expect(state.duration).toBeCloseTo(seconds, 0)
  expect(state.played).toHaveLength(1)
  const [[from, to]] = state.played as [[number, number]]
  expect(from).toBeLessThan(0.1)
  expect(to).toBeGreaterThan(seconds - 0.1)
  expect(state.frames).toBeGreaterThan(seconds * 10)
  await player.close()
})

test('a stream plays while its job is still running, up to its end', async ({
  system,
  events,
  browser,
}) => {
  const seconds = 60
  const name = 'f_hls,lad_144+360,p_small,sd_2'
  await system.client.put('videos/growing.mp4', makeClip({ seconds, crf: 40 }))
  const [job] = await system.client.createJobs('videos/growing.mp4', [name])
  await events.ofType(job!.id, 'job:playable')

  const player = await openPlayer(browser, system.url)
  await player.play(await signUrl(system.client, `${name}/videos/growing.mp4/master.m3u8`), 4)
  await player.waitUntil(2)
  expect(await system.client.job(job!.id)).toMatchObject({ status: 'running', playable: true })

  await player.waitUntil('the end', 240_000)
  const state = await player.state()
  expect(state.fatal).toEqual([])
  expect(state.duration).toBeCloseTo(seconds, 0)
  const watched = state.played.reduce((sum, [from, to]) => sum + (to! - from!), 0)
  expect(watched).toBeGreaterThan(seconds - 1)
  expect(await system.client.job(job!.id)).toMatchObject({ status: 'completed' })
  await player.close()
})
