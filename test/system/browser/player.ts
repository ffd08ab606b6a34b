/**
 * Plays a stream with hls.js in a page of a real Chromium, and records its errors and progress.
 * Debian's Chromium decodes H.264 and AAC; the variable CHROMIUM selects another browser.
 */
import { createRequire } from 'node:module'
import type Hls from 'hls.js'
import puppeteer, { type Browser } from 'puppeteer-core'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const HLS = createRequire(import.meta.url).resolve('hls.js/dist/hls.min.js')

export function startBrowser(): Promise<Browser> {
  return puppeteer.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required', '--mute-audio'],
  })
}

interface Playback {
  fatal: string[]
  recoverable: string[]
  levels: number[]
  ended: boolean
}

/** @param origin origin of the page: that of the API, so that no request is cross-origin */
export async function openPlayer(browser: Browser, origin: string) {
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
  await page.addScriptTag({ path: HLS })
  return {
    /** Starts playback from the beginning, and does not wait for its end. */
    play: (url: string, rate = 1) =>
      page.evaluate(
        ([source, speed]) => {
          const video = document.querySelector('video')!
          const HlsClass = (globalThis as unknown as { Hls: typeof Hls }).Hls
          const playback = {
            fatal: [] as string[],
            recoverable: [] as string[],
            levels: [] as number[],
            ended: false,
          }
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
          video.addEventListener('ended', () => (playback.ended = true))
          hls.loadSource(source)
          hls.attachMedia(video)
          // Chromium resets the rate when the source changes.
          video.addEventListener('loadedmetadata', () => (video.playbackRate = speed))
          void video.play()
          Object.assign(globalThis, { playback, hls })
        },
        [url, rate] as const,
      ),
    /**
     * Resolves when playback reaches this position. Rejects with the state after a fatal error or
     * the timeout.
     */
    async waitUntil(seconds: number | 'the end', timeout = 60_000) {
      const reached = await page
        .waitForFunction(
          (position) => {
            const { playback } = globalThis as unknown as { playback: Playback }
            const video = document.querySelector('video')!
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
        const { playback } = globalThis as unknown as { playback: Playback }
        const video = document.querySelector('video')!
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
