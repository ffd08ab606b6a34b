/** Streams in a browser, from the whole system as a user starts it. */
import type { Browser } from 'puppeteer-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ends, follow, type Events } from '../fixtures/events.ts'
import { clip } from '../fixtures/media.ts'
import { startSystem, type System } from '../fixtures/system.ts'
import { openPlayer, startBrowser } from './player.ts'

let system: System
let events: Events
let browser: Browser
beforeAll(async () => {
  system = await startSystem()
  events = await follow(system.client)
  browser = await startBrowser()
})
afterAll(async () => {
  await browser?.close()
  await events?.close()
  await system?.stop()
})

/** An address that needs no key, as a page would get it from its own server. */
async function signed(path: string): Promise<string> {
  const response = await system.client.request('/signed-urls', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ method: 'GET', path, expiresInSeconds: 600 }),
  })
  return ((await response.json()) as { url: string }).url
}

test('a finished stream plays from its first to its last second', async () => {
  const seconds = 12
  await system.client.put('videos/finished.mp4', clip({ seconds }))
  const [job] = await system.client.createJobs('videos/finished.mp4', [
    'f_hls,lad_144+240+360,sd_2',
  ])
  const [end] = await ends(events, [job!.id])
  expect(end!.type).toBe('job:completed')

  const player = await openPlayer(browser, system.url)
  await player.play(await signed('f_hls,lad_144+240+360,sd_2/videos/finished.mp4/master.m3u8'), 4)
  await player.reaches('the end')
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

test('a stream plays while its job still runs, and on to its end', async () => {
  const seconds = 60
  const name = 'f_hls,lad_240+720,p_small,sd_2'
  await system.client.put('videos/growing.mp4', clip({ size: '1280x720', seconds, crf: 40 }))
  const [job] = await system.client.createJobs('videos/growing.mp4', [name])
  await events.first(({ type, data }) => type === 'job:playable' && data.jobId === job!.id)

  const player = await openPlayer(browser, system.url)
  await player.play(await signed(`${name}/videos/growing.mp4/master.m3u8`), 4)
  await player.reaches(2)
  expect(await system.client.job(job!.id)).toMatchObject({ status: 'running', playable: true })

  await player.reaches('the end', 120_000)
  const state = await player.state()
  expect(state.fatal).toEqual([])
  expect(state.duration).toBeCloseTo(seconds, 0)
  const watched = state.played.reduce((sum, [from, to]) => sum + (to! - from!), 0)
  expect(watched).toBeGreaterThan(seconds - 1)
  expect(await system.client.job(job!.id)).toMatchObject({ status: 'completed' })
  await player.close()
})
