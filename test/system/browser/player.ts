/**
 * A page in a real Chromium that plays a stream with hls.js, as a site would, and keeps what came of
 * it. Debian's Chromium decodes H.264 and AAC; CHROMIUM names another browser.
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

interface Kept {
  fatal: string[]
  passing: string[]
  levels: number[]
  ended: boolean
}

/** @param origin of the page, so that what it asks for is of its own origin */
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
    /** Begins at the first second, and keeps on until it has ended or broken. */
    play: (url: string, rate = 1) =>
      page.evaluate(
        ([source, speed]) => {
          const video = document.querySelector('video')!
          const kit = (globalThis as unknown as { Hls: typeof Hls }).Hls
          const kept = {
            fatal: [] as string[],
            passing: [] as string[],
            levels: [] as number[],
            ended: false,
          }
          const hls = new kit({ startPosition: 0 })
          hls.on(kit.Events.ERROR, (_, { fatal, details, error }) => {
            const what = `${details}: ${error.message}`
            if (fatal) {
              kept.fatal.push(what)
            } else {
              kept.passing.push(what)
            }
          })
          hls.on(kit.Events.MANIFEST_PARSED, (_, { levels }) => {
            kept.levels = levels.map(({ height }) => height)
          })
          video.addEventListener('ended', () => (kept.ended = true))
          hls.loadSource(source)
          hls.attachMedia(video)
          // Chromium sets the rate back when it gets another source.
          video.addEventListener('loadedmetadata', () => (video.playbackRate = speed))
          void video.play()
          Object.assign(globalThis, { kept, hls })
        },
        [url, rate] as const,
      ),
    /** Resolves once so much was shown, or rejects with what went wrong. */
    async reaches(seconds: number | 'the end', timeout = 60_000) {
      const reached = await page
        .waitForFunction(
          (wanted) => {
            const { kept } = globalThis as unknown as { kept: Kept }
            const video = document.querySelector('video')!
            if (kept.fatal.length > 0) {
              return 'broken'
            }
            return wanted === 'the end' ? kept.ended : video.currentTime >= wanted
          },
          { timeout, polling: 100 },
          seconds,
        )
        .then((answer) => answer.jsonValue() as Promise<true | 'broken'>)
        .catch((error: Error) => error.message)
      if (reached === true) {
        return
      }
      throw new Error(`${reached}: ${JSON.stringify(await this.state())}`)
    },
    state: () =>
      page.evaluate(() => {
        const { kept } = globalThis as unknown as { kept: Kept }
        const video = document.querySelector('video')!
        const { played, buffered, currentTime, duration } = video
        const spans = (ranges: TimeRanges) =>
          Array.from({ length: ranges.length }, (_, at) => [ranges.start(at), ranges.end(at)])
        return {
          ...kept,
          currentTime,
          duration,
          height: video.videoHeight,
          frames: video.getVideoPlaybackQuality().totalVideoFrames,
          played: spans(played),
          buffered: spans(buffered),
        }
      }),
    close: () => page.close(),
  }
}
