/** Hostile reference files: watermarks, subtitles and appended files. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { clip, harness, runJob, useRunnerHarness } from './helpers/runnerHarness.ts'
import { args } from '../fixtures/args.ts'
import { chunk as riff } from '../fixtures/hostile/bytes.ts'
import { jpeg } from '../fixtures/hostile/pictures.ts'
import { gif } from '../fixtures/images.ts'
import { image, video } from '../fixtures/renditions.ts'
import { ffmpeg } from './mediaCases/caseFiles.ts'

useRunnerHarness()

const canaryRequests: string[] = []
const server = createServer((request, response) => {
  canaryRequests.push(String(request.url))
  response.end('the canary sings')
})
let url = ''
beforeEach(async () => {
  canaryRequests.length = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/canary`
})
afterEach(async () => {
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
  expect(canaryRequests).toEqual([])
})

function playlist() {
  return `#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n${url}\n#EXT-X-ENDLIST\n`
}
function concat() {
  return `ffconcat version 1.0\nfile '${url}'\nfile /etc/passwd\n`
}

/** Runs a job with `content` as the reference file `path`, and returns the failure. */
async function failWithReference(
  rendition: Parameters<typeof video>[0],
  path: string,
  content: string | Buffer,
) {
  const file = join(harness.scratch, 'stored')
  await writeFile(file, content)
  const { finish } = await runJob('small.mp4', video(rendition), {}, {}, { [path]: file })
  if (finish.outcome !== 'failed') {
    throw new Error('not failed')
  }
  expect(finish.message + finish.stderrTail).not.toMatch(/127\.0\.0\.1|reelqueue-|passwd|canary/)
  return finish
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}

/** @param metadata chunks between the header and the pixels */
function png(width: number, height: number, metadata: Buffer[] = []): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    ...metadata,
    chunk('IDAT', deflateSync(Buffer.alloc(1_000_000))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

describe('a watermark', () => {
  it.each(['png', 'jpg', 'webp'])('that is a playlist named %s is rejected', async (type) => {
    const watermark = `brand/logo.${type}`
    const { errorCode, message } = await failWithReference({ watermark }, watermark, playlist())
    expect(errorCode).toBe('input_invalid')
    expect(message).toMatch(/^The watermark cannot be used: /)
  })

  it('that is a script is rejected', async () => {
    const watermark = 'brand/logo.png'
    expect((await failWithReference({ watermark }, watermark, concat())).message).toMatch(
      /^The watermark/,
    )
  })

  it('of 100,000 by 100,000 pixels is rejected', async () => {
    const watermark = 'brand/logo.png'
    const { message } = await failWithReference({ watermark }, watermark, png(100_000, 100_000))
    expect(message).toMatch(/^The watermark cannot be used: .*100000 by 100000/)
  })

  it('with a colour profile that unpacks to 500 MB is rejected', async () => {
    const watermark = 'brand/logo.png'
    const unpacked = deflateSync(Buffer.alloc(500_000_000), { level: 9 })
    const profile = chunk('iCCP', Buffer.concat([Buffer.from('name\0\0'), unpacked]))
    const { errorCode, message } = await failWithReference(
      { watermark },
      watermark,
      png(64, 64, [profile]),
    )
    expect(errorCode).toBe('input_invalid')
    expect(message).toMatch(/^The watermark cannot be used: .*more than 768 MiB of memory/)
  })
})

/** Chunks of a PNG with 500 MB of text. */
function textBombs(type: 'zTXt' | 'iTXt'): Buffer[] {
  const head = type === 'zTXt' ? 'key\0\0' : 'key\0\u0001\0en\0key\0'
  const text = deflateSync(Buffer.alloc(100_000_000, 'a'), { level: 9 })
  const bomb = chunk(type, Buffer.concat([Buffer.from(head, 'latin1'), text]))
  return Array.from({ length: 5 }, () => bomb)
}

/** A JPEG whose colour profile fills as many segments as it may. */
async function jpegWithProfile(): Promise<Buffer> {
  await ffmpeg(args`-f lavfi -i color=red:s=64x64 -frames:v 1 -update 1 small.jpg`)
  const jpeg = await readFile(clip('small.jpg'))
  const profile = Array.from({ length: 255 }, (_, index) => {
    const segment = Buffer.alloc(65_537)
    segment.set([0xff, 0xe2, 0xff, 0xff])
    segment.write('ICC_PROFILE\0', 4, 'latin1')
    segment.set([index + 1, 255], 16)
    return segment
  })
  return Buffer.concat([jpeg.subarray(0, 2), ...profile, jpeg.subarray(2)])
}

/** A lossless WebP whose header declares 16,384 by 16,384 pixels. */
function largeWebp(): Buffer {
  const body = Buffer.concat([Buffer.from('2fffffffffff', 'hex').subarray(0, 5), Buffer.alloc(200)])
  body.writeUInt32LE(0x0fffffff, 1)
  return riff('RIFF', Buffer.from('WEBP'), riff('VP8L', body))
}

describe('an image that unpacks to far more than its size', () => {
  const bombs: [string, string, () => Buffer | Promise<Buffer>][] = [
    ['texts (zTXt)', 'png', () => png(64, 64, textBombs('zTXt'))],
    ['texts (iTXt)', 'png', () => png(64, 64, textBombs('iTXt'))],
    ['a colour profile of 16 MB', 'jpg', jpegWithProfile],
  ]

  it.each(bombs)('%s in a .%s: is read or rejected within the limits', async (_, type, make) => {
    const path = `brand/logo.${type}`
    await writeFile(clip(`bomb.${type}`), await make())
    const references = { [path]: clip(`bomb.${type}`) }
    const marked = await runJob('small.mp4', video({ watermark: path }), {}, {}, references)
    const source = await runJob(`bomb.${type}`, image(), { filePath: path })
    for (const { finish } of [marked, source]) {
      // On a slow machine, ffprobe uses up its CPU time before its memory: `timeout`.
      expect(finish.outcome === 'failed' ? finish.errorCode : 'input_invalid').toMatch(
        /^(input_invalid|timeout)$/,
      )
      expect(finish.outcome === 'failed' ? finish.message : '768 MiB of memory').toMatch(
        /MiB of memory|cannot be decoded|(takes?|took) more than/,
      )
    }
  })

  it.each<[string, () => Buffer]>([
    ['webp', largeWebp],
    ['jpg', () => jpeg(65_535, 65_535)],
    ['png', () => png(100_000, 100_000)],
  ])('a .%s whose header declares too many pixels is rejected', async (type, make) => {
    const path = `brand/logo.${type}`
    await writeFile(clip(`bomb.${type}`), make())
    const references = { [path]: clip(`bomb.${type}`) }
    const marked = await runJob('small.mp4', video({ watermark: path }), {}, {}, references)
    const source = await runJob(`bomb.${type}`, image(), { filePath: path })
    for (const { finish } of [marked, source]) {
      expect(finish).toMatchObject({
        outcome: 'failed',
        message: expect.stringMatching(/The frame size is \d+ by \d+; at most 67,108,864 pixels/),
      })
    }
  })

  it('a GIF of 65,535 by 65,535 pixels is rejected', async () => {
    const bytes = Buffer.from(gif(2))
    bytes.writeUInt32LE(0xffffffff, 6)
    await writeFile(clip('bomb.gif'), bytes)
    for (const rendition of [image(), video()]) {
      const { finish } = await runJob('bomb.gif', rendition, { filePath: 'a/bomb.gif' })
      expect(finish).toMatchObject({
        outcome: 'failed',
        message: expect.stringMatching(/The frame size is 65535 by 65535; at most 67,108,864/),
      })
    }
  })
})

describe('subtitles', () => {
  it.each(['srt', 'vtt'])('that are a playlist named %s are rejected', async (type) => {
    for (const subtitleMode of ['track', 'burn'] as const) {
      const subtitles = `text/lines.${type}`
      const { errorCode, message } = await failWithReference(
        { subtitles, subtitleMode },
        subtitles,
        playlist(),
      )
      expect(errorCode).toBe('input_invalid')
      expect(message).toMatch(/^The subtitles /)
    }
  })

  it('that are a script are rejected', async () => {
    const subtitles = 'text/lines.srt'
    expect((await failWithReference({ subtitles }, subtitles, concat())).message).toMatch(
      /^The subtitles /,
    )
  })

  it('that are ASS but named .srt are rejected', async () => {
    const ass = `[Script Info]\nScriptType: v4.00+\n[Fonts]\nfontname: ${url}\n[Events]\n`
    const subtitles = 'text/lines.srt'
    const rendition = { subtitles, subtitleMode: 'burn' } as const
    expect((await failWithReference(rendition, subtitles, ass)).message).toMatch(/^The subtitles /)
  })

  it('that are too large are rejected', async () => {
    const line = (at: number) =>
      `${at}\n00:00:00,000 --> 00:00:01,000\n${at} ${'long '.repeat(40)}\n\n`
    const text = Array.from({ length: 30_000 }, (_, at) => line(at + 1)).join('')
    const subtitles = 'text/lines.srt'
    expect((await failWithReference({ subtitles }, subtitles, text)).message).toMatch(
      /more than 4 MiB/,
    )
  })
})

it('an appended file that is a playlist is rejected', async () => {
  const append = ['videos/next.mp4']
  const { message } = await failWithReference({ append }, 'videos/next.mp4', playlist())
  expect(message).toMatch(
    /^videos\/next\.mp4: (ffmpeg recognises the file as "hls"|The file has no audio or video)/,
  )
})
