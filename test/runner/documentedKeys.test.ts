/** Walks the table of keys in docs/media.md: each example is made, and what comes out is probed. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Key } from '../../src/contract/keys.ts'
import { readCanonicalForm } from '../../src/domain/transformation/canonicalForm.ts'
import { bench, clip, packetHash, probeOutput, runJob, useBench } from './helpers/runnerHarness.ts'
import type { OfferedJob } from './helpers/offeredJob.ts'
import { rows } from '../fixtures/keyTable.ts'

useBench()

type Output = Awaited<ReturnType<typeof probeOutput>>
interface Made {
  /** What comes out without the key. */
  control: OfferedJob
  output: () => Promise<Output>
  job: OfferedJob
  plan: { mode: string } | undefined
}

async function size({ output }: Made) {
  const { video } = await output()
  return [video.width, video.height]
}
async function seconds({ output }: Made) {
  return Number((await output()).format.duration)
}
function measures(width: number, height: number) {
  return async (made: Made) => expect(await size(made)).toEqual([width, height])
}
function lasts(wanted: number) {
  return async (made: Made) => expect(Math.abs((await seconds(made)) - wanted)).toBeLessThan(0.15)
}
function smaller({ job, control }: Made) {
  return expect(bytesOf(job).length).toBeLessThan(bytesOf(control).length)
}
/** The files of a package, by their names. */
function names({ job }: Made) {
  return [...job.files.keys()].sort()
}

/** All that was uploaded, in one. */
function bytesOf({ parts, files }: OfferedJob) {
  return Buffer.concat([
    ...parts.values(),
    ...[...files.keys()].sort().map((name) => files.get(name)!),
  ])
}
const FOCUS = ['fx', 'fy']

/** Where the plain clip does not have what the key is about. */
const CLIPS: Partial<Record<Key, string>> = {
  at: 'tracks.mkv',
  ac: 'frugal.mp4',
  ab: 'surround.mkv',
  cut: 'frugal.mp4',
  md: 'tagged.mp4',
}

/** What shows that a key did its work, for the example in its row. */
const SHOWS: Record<Exclude<Key, 'n'>, (made: Made) => unknown> = {
  w: measures(320, 180),
  h: measures(320, 180),
  c: measures(300, 300),
  g: measures(100, 180),
  fx: measures(100, 180),
  fy: measures(320, 90),
  b: measures(300, 300),
  q: smaller,
  p: smaller,
  vc: async ({ output }) => expect((await output()).video.codec_name).toBe('hevc'),
  br: async ({ output }) => expect(Number((await output()).video.bit_rate)).toBeLessThan(330_000),
  sz: async ({ job }) => expect(Math.abs(job.sizeBytes! - 200_000)).toBeLessThan(20_000),
  fps: async ({ output }) => expect((await output()).video.avg_frame_rate).toBe('25/2'),
  ac: async ({ output, plan }) =>
    expect([(await output()).audio, plan?.mode]).toEqual([undefined, 'remux']),
  ab: async ({ output }) => expect(Number((await output()).audio.bit_rate)).toBeLessThan(80_000),
  at: async ({ output }) => expect((await output()).audio).toMatchObject({ channels: 1 }),
  ln: lasts(4),
  so: lasts(2.8),
  eo: lasts(2.6),
  cut: async ({ output, plan }) => {
    expect(plan?.mode).toBe('remux')
    expect(await packetHash((await output()).path)).not.toBe('')
  },
  sp: lasts(2),
  cat: lasts(8),
  r: measures(320, 568),
  fl: measures(320, 180),
  wm: measures(320, 180),
  wg: measures(320, 180),
  ws: measures(320, 180),
  wo: measures(320, 180),
  st: async ({ output }) =>
    expect(
      (await output()).streams.map((each: { codec_name: string }) => each.codec_name),
    ).toContain('mov_text'),
  sm: async ({ output }) => expect((await output()).streams).toHaveLength(2),
  fi: lasts(4),
  fo: lasts(4),
  md: async ({ output }) =>
    expect((await output()).format.tags).toMatchObject({ title: 'A holiday' }),
  lad: (made) => expect(names(made)).toEqual(expect.arrayContaining(['v144.m3u8', 'v240.m3u8'])),
  sd: ({ job }) =>
    expect(job.files.get('v144.m3u8')!.toString()).toContain('#EXT-X-TARGETDURATION:2\n'),
  f: async ({ output }) => expect((await output()).video.codec_name).toBe('vp9'),
  t: measures(640, 360),
  tt: measures(640, 360),
  si: ({ job }) =>
    expect(
      job.files
        .get('sprite.vtt')!
        .toString()
        .match(/#xywh=/g),
    ).toHaveLength(4),
  sc: (made) => expect(names(made).filter((name) => name !== 'sprite.vtt')).toHaveLength(2),
  wc: measures(1280, 240),
}

const SUBTITLES = '1\n00:00:00,500 --> 00:00:02,000\nGood morning.\n'

/** The example without its key, or with what the key needs left out beside it. */
function without(key: string, example: string): string {
  const gone = FOCUS.includes(key) ? FOCUS : [key]
  const pairs = example
    .split(',')
    .filter((pair) => !gone.includes(pair.slice(0, pair.indexOf('_'))))
  return pairs.join(',') || 'f_mp4'
}

// The preset of a queue is nothing that a runner knows of.
it.each(rows.filter(({ key }) => key !== 'n'))(
  'the example of $key, $example, has the documented effect',
  async ({ key, example }) => {
    const subtitles = join(bench.scratch, 'en.srt')
    await writeFile(subtitles, SUBTITLES)
    const others = {
      'videos/outro.mp4': clip('clip.mp4'),
      'images/logo.png': clip('picture.png'),
      'subtitles/en.srt': subtitles,
    }
    expect(example.split(',').some((pair) => pair.startsWith(`${key}_`))).toBe(true)
    const name = CLIPS[key as Key] ?? 'clip.mp4'
    const make = async (text: string) => {
      const { job, finish } = await runJob(name, readCanonicalForm(text), {}, {}, others)
      expect(finish).toMatchObject({ outcome: expect.stringMatching(/^(completed|packaged)$/) })
      return { job, finish }
    }
    const control = await make(without(key, example))
    const { job, finish } = await make(example)
    expect(bytesOf(job).equals(bytesOf(control.job))).toBe(false)
    const plan = 'plan' in finish ? finish.plan : undefined
    await SHOWS[key as Exclude<Key, 'n'>]({
      output: () => probeOutput(job),
      job,
      plan,
      control: control.job,
    })
  },
)
