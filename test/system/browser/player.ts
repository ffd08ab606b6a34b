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
  /** Positions at which playback stopped because the next second was not yet loaded. */
  stalls: number[]
  levels: number[]
  ended: boolean
}

/** Globals of the page. */
interface Page {
  playback: Playback
  recordStall: () => void
  video: HTMLVideoElement
  Hls: typeof Hls
  shaka: typeof shaka.default
}

/** Creates the record of the playback. Runs in the page, like the two functions below. */
function record(speed: number): void {
  const video = document.querySelector('video')!
  const playback: Playback = { fatal: [], recoverable: [], stalls: [], levels: [], ended: false }
  video.addEventListener('ended', () => (playback.ended = true))
  // A busy machine also stops playback, although the next second is loaded.
  const recordStall = () => {
    const { currentTime, duration, buffered } = video
    const next = Math.min(currentTime + 1, duration - 0.1)
    const isLoaded = Array.from({ length: buffered.length }).some(
      (_, index) => buffered.start(index) <= currentTime && buffered.end(index) >= next,
    )
    if (currentTime > 0.1 && !isLoaded) {
      playback.stalls.push(currentTime)
    }
  }
  video.addEventListener('waiting', recordStall)
  // Chromium resets the rate when the source changes.
  video.addEventListener('loadedmetadata', () => (video.playbackRate = speed))
  Object.assign(globalThis, { playback, video, recordStall })
}

function loadWithHls(url: string): void {
  const { Hls: HlsClass, playback, video, recordStall } = globalThis as unknown as Page
  // It does not move a playback that stops although the next second is loaded: see `record`.
  const hls = new HlsClass({ startPosition: 0, highBufferWatchdogPeriod: Infinity })
  hls.on(HlsClass.Events.ERROR, (_, { fatal, details, error }) => {
    const text = `${details}: ${error.message}`
    if (fatal) {
      playback.fatal.push(text)
    } else if (details === HlsClass.ErrorDetails.BUFFER_STALLED_ERROR) {
      recordStall()
    } else {
      playback.recoverable.push(text)
    }
  })
  hls.on(HlsClass.Events.MANIFEST_PARSED, (_, { levels }) => {
    playback.levels = levels.map(({ height }) => height)
  })
  hls.loadSource(url)
  hls.attachMedia(video)
  Object.assign(globalThis, { hls })
}

async function loadWithShaka(url: string): Promise<void> {
  const { shaka: player, playback, video, recordStall } = globalThis as unknown as Page
  const shakaPlayer = new player.Player()
  // As hls.js: it loads 30 seconds, and does not move a playback that stops within them.
  shakaPlayer.configure({ streaming: { bufferingGoal: 30, stallEnabled: false } })
  const describe = (event: Event) => JSON.stringify((event as CustomEvent).detail ?? event.type)
  shakaPlayer.addEventListener('error', (event) => playback.fatal.push(describe(event)))
  shakaPlayer.addEventListener('gapjumped', (event) => playback.recoverable.push(describe(event)))
  // It does not let the element wait, but sets its rate to 0.
  shakaPlayer.addEventListener('buffering', (event) => {
    if ((event as Event & { buffering: boolean }).buffering) {
      recordStall()
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

  const getState = () =>
    page.evaluate(() => {
      const { playback, video } = globalThis as unknown as Page
      const { played, buffered, currentTime, duration } = video
      const listRanges = (ranges: TimeRanges) =>
        Array.from({ length: ranges.length }, (_, index): [number, number] => [
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
    })

  /** Rejects with the state after a fatal error or the timeout. */
  async function waitFor(
    condition: 'loaded' | 'ended' | { seconds: number },
    timeout: number,
  ): Promise<void> {
    const reached = await page
      .waitForFunction(
        (expected) => {
          const { playback, video } = globalThis as unknown as Page
          if (playback.fatal.length > 0) {
            return 'broken'
          }
          if (expected === 'ended') {
            return playback.ended
          }
          if (expected === 'loaded') {
            const { duration, buffered } = video
            return buffered.length > 0 && buffered.end(buffered.length - 1) >= duration - 0.1
          }
          return video.currentTime >= expected.seconds
        },
        { timeout, polling: 100 },
        condition,
      )
      .then((result) => result.jsonValue() as Promise<true | 'broken'>)
      .catch((error: Error) => error.message)
    if (reached !== true) {
      throw new Error(`${reached}: ${JSON.stringify(await getState())}`)
    }
  }

  return {
    /** Starts playback from the beginning, and does not wait for its end. */
    async play(url: string, rate = 1) {
      await this.load(url, rate)
      await this.start()
    },
    /** Begins to load a stream of at most 30 seconds. */
    async load(url: string, rate: number) {
      await page.evaluate(record, rate)
      await page.evaluate(name === 'shaka' ? loadWithShaka : loadWithHls, url)
    },
    /** Resolves when the last segment is loaded. */
    waitUntilLoaded: () => waitFor('loaded', 60_000),
    start: () => page.evaluate(() => void (globalThis as unknown as Page).video.play()),
    /** Resolves when playback reaches this position. */
    waitUntil: (seconds: number | 'the end', timeout = 60_000) =>
      waitFor(seconds === 'the end' ? 'ended' : { seconds }, timeout),
    state: getState,
    close: () => page.close(),
  }
}
