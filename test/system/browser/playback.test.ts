/** hls.js and Shaka Player in Chromium play streams that the whole system makes. */
import { expect } from 'vitest'
import type { Client } from '../../../scripts/client.ts'
import { waitForEnds } from '../fixtures/events.ts'
import { makeClip } from '../fixtures/media.ts'
import { systemTest } from '../fixtures/systemTest.ts'
import { openPlayer, startBrowser } from './player.ts'

const test = systemTest({ runners: 2 }).extend(
  'browser',
  { scope: 'file' },
  async ({}, { onCleanup }) => {
    const browser = await startBrowser()
    onCleanup(() => browser.close())
    return browser
  },
)

/** @param chunkSeconds 0 for a job that is not split */
async function createStream(client: Client, filePath: string, name: string, chunkSeconds: number) {
  const response = await client.request('/queue/jobs', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ filePath, transformations: [name], chunkSeconds }),
  })
  const { jobs } = (await response.json()) as { jobs: { id: string }[] }
  return jobs[0]!.id
}

/** Returns the copied tracks of each chunk. */
async function listReusedTracks(client: Client, id: string): Promise<string[][]> {
  const response = await client.request(`/queue/jobs/${id}/chunks`)
  const { chunks } = (await response.json()) as { chunks: { reusedTracks: string[] }[] }
  return chunks.map(({ reusedTracks }) => reusedTracks.toSorted())
}

/** Expects one range from the start to the end, in seconds. */
function expectWhole(ranges: [number, number][], seconds: number, label = ''): void {
  expect(ranges, label).toHaveLength(1)
  const [[from, to]] = ranges as [[number, number]]
  expect(from, label).toBeLessThan(0.1)
  expect(to, label).toBeGreaterThan(seconds - 0.1)
}

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
  expectWhole(state.played, seconds)
  expect(state.frames).toBeGreaterThan(seconds * 10)
  await player.close()
})

test.for([
  ['as a whole', 0, 60, 0],
  // Audio, four seconds, three times six seconds, and the join.
  ['in chunks by two runners', 6, 22, 6],
] as const)(
  'a stream plays while it is made %s, up to its end',
  async ([, chunkSeconds, seconds, chunkCount], { system, events, browser }) => {
    const name = 'f_hls,lad_144+360,p_small,sd_2'
    const path = `videos/growing-${chunkSeconds}.mp4`
    await system.client.put(path, makeClip({ seconds, crf: 40 }))
    const id = await createStream(system.client, path, name, chunkSeconds)
    await events.ofType(id, 'job:playable')

    const player = await openPlayer(browser, system.url)
    await player.play(await signUrl(system.client, `${name}/${path}/master.m3u8`), 4)
    await player.waitUntil(2)
    expect(await system.client.job(id)).toMatchObject({ playable: true })
    expect(await listReusedTracks(system.client, id)).toHaveLength(chunkCount)

    await player.waitUntil('the end', 240_000)
    const state = await player.state()
    expect(state.fatal).toEqual([])
    expect(state.duration).toBeCloseTo(seconds, 0)
    const watched = state.played.reduce((sum, [from, to]) => sum + (to - from), 0)
    expect(watched).toBeGreaterThan(seconds - 1)
    expect(await system.client.job(id)).toMatchObject({ status: 'completed' })
    await player.close()

    // With one more size, only that one is encoded.
    if (chunkSeconds > 0) {
      const more = 'f_hls,lad_144+180+360,p_small,sd_2'
      const other = await createStream(system.client, path, more, chunkSeconds)
      const [end] = await waitForEnds(events, [other])
      expect(end!.type).toBe('job:completed')
      const video = ['v144', 'v360']
      expect(await listReusedTracks(system.client, other)).toEqual([
        video,
        ['a'],
        video,
        video,
        video,
        [],
      ])
    }
  },
)

test('a stream of three chunks plays across its seams, as HLS and as DASH', async ({
  system,
  events,
  browser,
}) => {
  const seconds = 12
  const name = 'f_hls,lad_144+360,p_fast,sd_2'
  const path = 'videos/seams.mp4'
  await system.client.put(path, makeClip({ seconds }))
  const id = await createStream(system.client, path, name, 4)
  await waitForEnds(events, [id])
  // Seams at 4 and 8 seconds; audio and the join.
  expect(await listReusedTracks(system.client, id)).toHaveLength(5)
  for (const [playerName, manifest] of [
    ['hls.js', 'master.m3u8'],
    ['shaka', 'master.m3u8'],
    ['shaka', 'manifest.mpd'],
  ] as const) {
    const player = await openPlayer(browser, system.url, playerName)
    // It is loaded before it is played, so that a slow connection is not a stall.
    await player.load(await signUrl(system.client, `${name}/${path}/${manifest}`), 2)
    await player.waitUntilLoaded()
    expectWhole((await player.state()).buffered, seconds, playerName)
    await player.start()
    await player.waitUntil('the end')
    const state = await player.state()
    const label = `${playerName} ${manifest}: ${JSON.stringify(state)}`
    expect(state, label).toMatchObject({
      fatal: [],
      recoverable: [],
      stalls: [],
      levels: [144, 360],
    })
    expect(state.duration, label).toBeCloseTo(seconds, 0)
    expectWhole(state.played, seconds, label)
    await player.close()
  }
})
