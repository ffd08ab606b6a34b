/**
 * Plays a stream with hls.js or Shaka Player in a page of a real Chromium, and records its errors and progress.
 * Debian's Chromium decodes H.264 and AAC; the variable CHROMIUM selects another browser.
 */
import { createRequire } from 'node:module'
import type Hls from 'hls.js'
import type shaka from 'shaka-player'
import puppeteer, { type Browser } from 'puppeteer-core'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const { resolve } = createRequire(import.meta.url)

/** Scripts of the players. */
const SCRIPTS = {
  'hls.js': resolve('hls.js/dist/hls.min.js'),
  /** Plays HLS and DASH. */
  shaka: resolve('shaka-player/dist/shaka-player.compiled.js'),
}
type PlayerName = keyof typeof SCRIPTS

export function startBrowser(): Promise<Browser> {
  return puppeteer.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required', '--mute-audio'],
  })
}

interface Playback {
  fatal: string[]
  recoverable: string[]
  /** Positions at which playback stopped because the next frames were missing. */
  stalls: number[]
  levels: number[]
  ended: boolean
}

/** Globals of the page. */
interface Page {
  playback: Playback
  video: HTMLVideoElement
  Hls: typeof Hls
  shaka: typeof shaka.default
}

/** Creates the record of the playback. Runs in the page, like the two functions below. */
function record(speed: number): void {
  const video = document.querySelector('video')!
  const playback: Playback = { fatal: [], recoverable: [], stalls: [], levels: [], ended: false }
  video.addEventListener('ended', () => (playback.ended = true))
  video.addEventListener('waiting', () => {
    if (video.currentTime > 0.1) {
      playback.stalls.push(video.currentTime)
    }
  })
  // Chromium resets the rate when the source changes.
  video.addEventListener('loadedmetadata', () => (video.playbackRate = speed))
  Object.assign(globalThis, { playback, video })
}

function playWithHls(url: string): void {
  const { Hls: HlsClass, playback, video } = globalThis as unknown as Page
  const hls = new HlsClass({ startPosition: 0 })
  hls.on(HlsClass.Events.ERROR, (_, { fatal, details, error }) => {
    const text = `${details}: ${error.message}`
    if (fatal) {
      playback.fatal.push(text)
    } else {
      playback.recoverable.push(text)
    }
  })
  hls.on(HlsClass.Events.MANIFEST_PARSED, (_, { levels }) => {
    playback.levels = levels.map(({ height }) => height)
  })
  hls.loadSource(url)
  hls.attachMedia(video)
  void video.play()
  Object.assign(globalThis, { hls })
}

async function playWithShaka(url: string): Promise<void> {
  const { shaka: player, playback, video } = globalThis as unknown as Page
  const shakaPlayer = new player.Player()
  const describe = (event: Event) => JSON.stringify((event as CustomEvent).detail ?? event.type)
  shakaPlayer.addEventListener('error', (event) => playback.fatal.push(describe(event)))
  for (const type of ['stalldetected', 'gapjumped']) {
    shakaPlayer.addEventListener(type, (event) => playback.recoverable.push(describe(event)))
  }
  // It does not let the element wait, but sets its rate to 0.
  shakaPlayer.addEventListener('buffering', (event) => {
    const { buffering } = event as Event & { buffering: boolean }
    if (buffering && video.currentTime > 0.1) {
      playback.stalls.push(video.currentTime)
    }
  })
  await shakaPlayer.attach(video)
  try {
    await shakaPlayer.load(url, 0)
  } catch (error) {
    playback.fatal.push(JSON.stringify(error))
  }
  playback.levels = shakaPlayer
    .getVariantTracks()
    .map(({ height }) => height ?? 0)
    .toSorted((one, other) => one - other)
  void video.play()
}

/** @param origin origin of the page: that of the API, so that no request is cross-origin */
export async function openPlayer(browser: Browser, origin: string, name: PlayerName = 'hls.js') {
  const page = await browser.newPage()
  await page.setRequestInterception(true)
  page.on('request', (request) => {
    if (request.url() !== `${origin}/`) {
      return void request.continue()
    }
    const body = '<!doctype html><link rel="icon" href="data:,"><video muted></video>'
    void request.respond({ contentType: 'text/html', body })
  })
  await page.goto(`${origin}/`)
  await page.addScriptTag({ path: SCRIPTS[name] })
  return {
    /** Starts playback from the beginning, and does not wait for its end. */
    async play(url: string, rate = 1) {
      await page.evaluate(record, rate)
      await page.evaluate(name === 'shaka' ? playWithShaka : playWithHls, url)
    },
    /**
     * Resolves when playback reaches this position. Rejects with the state after a fatal error or
     * the timeout.
     */
    async waitUntil(seconds: number | 'the end', timeout = 60_000) {
      const reached = await page
        .waitForFunction(
          (position) => {
            const { playback, video } = globalThis as unknown as Page
            if (playback.fatal.length > 0) {
              return 'broken'
            }
            return position === 'the end' ? playback.ended : video.currentTime >= position
          },
          { timeout, polling: 100 },
          seconds,
        )
        .then((result) => result.jsonValue() as Promise<true | 'broken'>)
        .catch((error: Error) => error.message)
      if (reached === true) {
        return
      }
      throw new Error(`${reached}: ${JSON.stringify(await this.state())}`)
    },
    state: () =>
      page.evaluate(() => {
        const { playback, video } = globalThis as unknown as Page
        const { played, buffered, currentTime, duration } = video
        const listRanges = (ranges: TimeRanges) =>
          Array.from({ length: ranges.length }, (_, index) => [
            ranges.start(index),
            ranges.end(index),
          ])
        return {
          ...playback,
          currentTime,
          duration,
          height: video.videoHeight,
          frames: video.getVideoPlaybackQuality().totalVideoFrames,
          played: listRanges(played),
          buffered: listRanges(buffered),
        }
      }),
    close: () => page.close(),
  }
}
