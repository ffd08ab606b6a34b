/**
 * Parts and frames of fragmented MP4 files are exact, and are made without reading the whole file.
 */
import { execFile } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { args } from '../fixtures/args.ts'
import { audio, image, probing, video } from '../fixtures/renditions.ts'
import { lavfi, tone } from './helpers/clips/inputs.ts'
import { readFrameTimes } from './helpers/measureOutput.ts'
import { saveOutput } from './helpers/offeredJob.ts'
import { clip, harness, probeOutput, runJob, useRunnerHarness } from './helpers/runnerHarness.ts'
import { changeBytes, ffmpeg } from './mediaCases/caseFiles.ts'

useRunnerHarness()

const execute = promisify(execFile)
const HOUR = 3_600
const FRAME_RATE = 5
/** The files have 33 to 50 MB. */
const MAX_READ_BYTES = 12e6
const MAX_READS = 50
const FRAGMENTS = 'frag_keyframe+empty_moov'

/** Movie flags by file. */
const FILES: Record<string, string> = {
  // Has an `mfra` at the end.
  'frag.mp4': `${FRAGMENTS}+default_base_moof`,
  // States positions from the start of the file.
  'frag-absolute.mp4': `${FRAGMENTS}+skip_trailer`,
  'frag-sidx.mp4': `${FRAGMENTS}+default_base_moof+global_sidx`,
  'frag-dash.mp4': `${FRAGMENTS}+dash+skip_trailer`,
  'frag-tracks.mp4': `${FRAGMENTS}+separate_moof+skip_trailer`,
  'frag-chunks.mp4': 'frag_every_frame+empty_moov+default_base_moof+skip_trailer',
  'frag-hybrid.mp4': 'frag_keyframe+skip_trailer',
}

/**
 * An hour in which the frame has the digits of its number, in base 27, as grey columns. The video has a
 * key frame a second, and B-frames.
 */
async function makeHour() {
  await ffmpeg(args`${tone(20)} -c:a aac tone.m4a`)
  const digit = 'mod(floor(N/pow(27,floor(X/16))),27)'
  await ffmpeg(
    args`${lavfi(`color=black:s=48x16:r=${FRAME_RATE}:d=${HOUR}`)} -stream_loop -1 -i tone.m4a
    -map 0 -map 1 -vf ${`geq=lum='16+8*${digit}':cb=128:cr=128,scale=192:64:flags=neighbor`} -c:v libx264 -preset ultrafast -crf 32 -bf 2
    -g ${FRAME_RATE} -x264-params scenecut=0:keyint_min=5 -pix_fmt yuv420p -color_range tv -c:a copy
    -t ${HOUR} hour.mp4`,
  )
}

beforeAll(async () => {
  await makeHour()
  for (const [name, flags] of Object.entries(FILES)) {
    await ffmpeg(args`-i hour.mp4 -c copy -movflags ${flags} ${name}`)
  }
  await ffmpeg(
    args`-i hour.mp4 -vn -c copy -movflags frag_keyframe+empty_moov+skip_trailer -frag_duration 1000000
    frag-audio.mp4`,
  )
  await ffmpeg(
    args`-i hour.mp4 -c copy -output_ts_offset 1000 -movflags ${`${FRAGMENTS}+skip_trailer`} frag-late.mp4`,
  )
  await ffmpeg(args`-i hour.mp4 -t 20 -c copy -movflags ${FRAGMENTS} frag-small.mp4`)
  await changeBytes('frag.mp4', 'frag-cut.mp4', (bytes) =>
    bytes.subarray(0, Math.floor(bytes.length * 0.7)),
  )
}, 300_000)

/** Reads the number of each frame. */
async function readNumbers(path: string): Promise<number[]> {
  const list = args`-v error -i ${path} -fps_mode passthrough -f rawvideo -pix_fmt gray -`
  const { stdout } = await execute('ffmpeg', list, { encoding: 'buffer', maxBuffer: 64e6 })
  const frameBytes = 192 * 64
  return Array.from({ length: stdout.length / frameBytes }, (_, frame) =>
    [0, 1, 2].reduce((sum, column) => {
      const grey = stdout[frame * frameBytes + 32 * 192 + column * 64 + 32] ?? 0
      // `gray` has the full range.
      return sum + Math.round((grey * 219) / 255 / 8) * 27 ** column
    }, 0),
  )
}

/** Reads the second of the file at which its video begins. */
async function readVideoStart(name: string): Promise<number> {
  const entries = 'format=start_time:stream=start_time'
  const list = args`-v error -select_streams v -show_entries ${entries} -of json ${clip(name)}`
  const { format, streams } = JSON.parse((await execute('ffprobe', list)).stdout)
  return Number(streams[0].start_time) - Number(format.start_time)
}

async function make(name: string, rendition: Parameters<typeof runJob>[1]) {
  const { job, finish } = await runJob(name, rendition)
  expect(finish).toMatchObject({ outcome: 'completed' })
  return { job, finish, ...(await probeOutput(job)) }
}

function expectFewReads() {
  expect(harness.gateway.sourceBytes).toBeLessThan(MAX_READ_BYTES)
  expect(harness.gateway.sourceCalls.length).toBeLessThan(MAX_READS)
}

describe.each([...Object.keys(FILES), 'frag-late.mp4'])('%s', (name) => {
  it.each([0.5, 1_799.9])('has the frame of second %s', async (atSeconds) => {
    const { path, finish } = await make(name, image({ atSeconds, format: 'png' }))
    const start = await readVideoStart(name)
    expect(await readNumbers(path)).toEqual([Math.ceil((atSeconds - start) * FRAME_RATE - 1e-6)])
    expect(finish).toMatchObject({ input: { durationSeconds: expect.closeTo(HOUR + start, 0) } })
    expectFewReads()
  })

  it('is trimmed exactly, with its audio', async () => {
    const { path, audio: track } = await make(
      name,
      video({ startSeconds: 3_500, endSeconds: 3_505 }),
    )
    const first = 17_500 - Math.round((await readVideoStart(name)) * FRAME_RATE)
    expect(await readNumbers(path)).toEqual(Array.from({ length: 25 }, (_, index) => first + index))
    expect(Number(track.duration)).toBeCloseTo(5, 1)
    expectFewReads()
  })
})

describe('a file that is too small for an index', () => {
  it.each([4.9, 15])('has the frame of second %s', async (atSeconds) => {
    const { path } = await make('frag-small.mp4', image({ atSeconds, format: 'png' }))
    const start = await readVideoStart('frag-small.mp4')
    expect(await readNumbers(path)).toEqual([Math.ceil((atSeconds - start) * FRAME_RATE - 1e-6)])
  })

  it('is trimmed exactly', async () => {
    const { path } = await make('frag-small.mp4', video({ startSeconds: 15, endSeconds: 17 }))
    const start = await readVideoStart('frag-small.mp4')
    const first = Math.ceil((15 - start) * FRAME_RATE - 1e-6)
    expect(await readNumbers(path)).toEqual(Array.from({ length: 10 }, (_, index) => first + index))
  })
})

it('a copied part begins at the key frame before the start', async () => {
  const { path, finish } = await make(
    'frag.mp4',
    video({ startSeconds: 3_500.9, endSeconds: 3_505, trimMode: 'fast', quality: 100 }),
  )
  expect(finish).toMatchObject({ plan: { video: { action: 'copy' } } })
  expect((await readNumbers(path))[0]).toBe(17_500)
  expectFewReads()
})

it('audio alone is trimmed', async () => {
  const { format } = await make(
    'frag-audio.mp4',
    audio({ startSeconds: 3_500, endSeconds: 3_505, format: 'wav' }),
  )
  expect(Number(format.duration)).toBeCloseTo(5, 1)
  expectFewReads()
})

it('a variant of the whole file reads at most half of the file again', async () => {
  const { size } = await stat(clip('frag.mp4'))
  const { path } = await make('frag.mp4', video({ audioCodec: 'none', encoderSpeed: 'fast' }))
  expect(await readFrameTimes(path)).toHaveLength(HOUR * FRAME_RATE)
  expect(harness.gateway.sourceBytes).toBeLessThan(size * 1.5)
})

it('the duration of a file that is cut off is that of its complete fragments', async () => {
  const { finish } = await make('frag-cut.mp4', image({ atSeconds: 2_000 }))
  // 70 % of an hour.
  expect(finish).toMatchObject({ input: { durationSeconds: expect.closeTo(2_520, -2) } })
  expectFewReads()
})

it('a probe states the duration', async () => {
  const { job } = await runJob('frag.mp4', probing())
  const path = await saveOutput(job, join(harness.scratch, 'saved.json'))
  const document = JSON.parse(await readFile(path, 'utf8'))
  expect(document.durationSeconds).toBeCloseTo(HOUR, 0)
  expectFewReads()
})
