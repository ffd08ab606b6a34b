/**
 * Runs jobs for small files of several containers after some of their bytes were changed. Each job
 * completes, or fails with a reason that lies in the file; none fails with an internal error.
 *
 * FUZZ_SEED selects the changes. FUZZ_RUNS is the number of jobs for each file.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { args } from '../fixtures/args.ts'
import { audio, image, probing, sprite, stream, video } from '../fixtures/renditions.ts'
import { harness, runUntilIdle, useRunnerHarness } from './helpers/runnerHarness.ts'

useRunnerHarness()

const seed = Number(process.env['FUZZ_SEED'] ?? 1)
const numRuns = Number(process.env['FUZZ_RUNS'] ?? 3)

const VIDEO = args`-f lavfi -i testsrc2=s=64x48:r=10:d=1`
const AUDIO = args`-f lavfi -i sine=d=1`
const H264 = args`-c:v libx264 -preset ultrafast -g 5 -pix_fmt yuv420p`

const FILES: Record<string, string[]> = {
  'clip.mp4': args`${VIDEO} ${AUDIO} ${H264} -c:a aac`,
  'fragments.mp4': args`${VIDEO} ${AUDIO} ${H264} -c:a aac -movflags frag_keyframe+empty_moov`,
  'clip.mov': args`${VIDEO} ${AUDIO} -c:v mpeg4 -c:a pcm_s16le`,
  'clip.mkv': args`${VIDEO} ${AUDIO} ${H264} -c:a flac`,
  'clip.webm': args`${VIDEO} ${AUDIO} -c:v libvpx -deadline realtime -c:a libopus`,
  'clip.ts': args`${VIDEO} ${AUDIO} ${H264} -c:a mp2`,
  'clip.avi': args`${VIDEO} ${AUDIO} -c:v mjpeg -pix_fmt yuvj420p -c:a pcm_s16le`,
  'clip.flv': args`${VIDEO} ${AUDIO} ${H264} -c:a aac`,
  'sound.mp3': args`${AUDIO} -c:a libmp3lame`,
  'sound.ogg': args`${AUDIO} -c:a libvorbis`,
  'sound.wav': args`${AUDIO}`,
  'sound.flac': args`${AUDIO}`,
}

const RENDITIONS = {
  video: video({ width: 32 }),
  webm: video({ format: 'webm', startSeconds: 0.3 }),
  copy: video({ format: 'mkv' }),
  audio: audio(),
  frame: image({ atSeconds: 0.5 }),
  storyboard: sprite(),
  stream: stream(),
  probe: probing(),
}

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runner-fuzz-'))
  for (const [name, options] of Object.entries(FILES)) {
    await promisify(execFile)('ffmpeg', args`-v error -nostdin ${options} -shortest ${name}`, {
      cwd: folder,
    })
  }
})
afterAll(() => rm(folder, { recursive: true }))

/** A change of a file. Positions are shares of its size, so that they suit every file. */
interface Change {
  kind: 'flip' | 'zero' | 'cut' | 'repeat' | 'number'
  position: number
  length: number
  value: number
}

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom('flip', 'flip', 'zero', 'cut', 'repeat', 'number'),
  position: fc.integer({ min: 0, max: 10_000 }).map((n) => n / 10_000),
  length: fc.integer({ min: 1, max: 64 }),
  value: fc.constantFrom(0, 1, 0x7f, 0xff, 0x7fffffff, 0x80000000, 0xffffffff),
})

function applyChange(bytes: Buffer, { kind, position, length, value }: Change): Buffer {
  if (bytes.length < 8) {
    return bytes
  }
  const at = Math.floor(position * Math.max(0, bytes.length - 4))
  const end = Math.min(bytes.length, at + length)
  const copy = Buffer.from(bytes)
  switch (kind) {
    case 'flip':
      copy[at]! ^= value & 0xff || 1
      return copy
    case 'zero':
      return copy.fill(0, at, end)
    case 'cut':
      return copy.subarray(0, at)
    case 'repeat':
      return Buffer.concat([copy.subarray(0, end), copy.subarray(at, end), copy.subarray(end)])
    case 'number':
      copy.writeUInt32BE(value, at)
      return copy
  }
}

/** Failures whose reason lies in the file. */
const FILE_FAILURES = ['input_invalid', 'unsupported']

describe.each(Object.keys(FILES))('changed bytes in %s', (name) => {
  it('never lead to an internal error', { timeout: 60_000 + numRuns * 20_000 }, async () => {
    const original = await readFile(join(folder, name))
    const changes = fc.array(change, { minLength: 1, maxLength: 6 })
    const rendition = fc.constantFrom(...(Object.keys(RENDITIONS) as (keyof typeof RENDITIONS)[]))
    await fc.assert(
      fc.asyncProperty(changes, rendition, async (list, kind) => {
        const file = join(folder, `changed-${name}`)
        await writeFile(file, list.reduce(applyChange, original))
        const job = await harness.gateway.offer(file, RENDITIONS[kind], {
          filePath: `fuzz/${name}`,
          stallSeconds: 60,
        })
        await runUntilIdle()
        const [finish] = job.finishes
        if (finish?.outcome === 'failed') {
          expect(FILE_FAILURES, finish.message).toContain(finish.errorCode)
          expect(finish.message).not.toMatch(/ended with|undefined|NaN/)
        } else {
          expect(finish?.outcome).toMatch(/^(completed|packaged)$/)
        }
      }),
      { seed, numRuns, endOnFailure: true },
    )
  })
})
