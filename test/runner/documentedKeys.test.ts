/** Makes the example of each key in docs/media.md except `n`, and checks the output. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Key } from '../../src/contract/keys.ts'
import { readCanonicalForm } from '../../src/domain/transformation/canonicalForm.ts'
import {
  harness,
  clip,
  packetHash,
  probeOutput,
  runJob,
  useRunnerHarness,
} from './helpers/runnerHarness.ts'
import type { OfferedJob } from './helpers/offeredJob.ts'
import { rows } from '../fixtures/keyTable.ts'

useRunnerHarness()

type Output = Awaited<ReturnType<typeof probeOutput>>
interface DocumentedOutput {
  /** The job of the same example without the key. */
  control: OfferedJob
  output: () => Promise<Output>
  job: OfferedJob
  plan: { mode: string } | undefined
}

async function readSize({ output }: DocumentedOutput) {
  const { video } = await output()
  return [video.width, video.height]
}
async function readDuration({ output }: DocumentedOutput) {
  return Number((await output()).format.duration)
}
function expectSize(width: number, height: number) {
  return async (documented: DocumentedOutput) =>
    expect(await readSize(documented)).toEqual([width, height])
}
function expectDuration(expected: number) {
  return async (documented: DocumentedOutput) =>
    expect(Math.abs((await readDuration(documented)) - expected)).toBeLessThan(0.15)
}
function expectSmaller({ job, control }: DocumentedOutput) {
  return expect(concatUploads(job).length).toBeLessThan(concatUploads(control).length)
}
/** Returns the file names of a package in alphabetical order. */
function listFileNames({ job }: DocumentedOutput) {
  return [...job.files.keys()].sort()
}

/** Returns all uploaded bytes. */
function concatUploads({ parts, files }: OfferedJob) {
  return Buffer.concat([
    ...parts.values(),
    ...[...files.keys()].sort().map((name) => files.get(name)!),
  ])
}
const FOCUS_KEYS = ['fx', 'fy']

/** Clips for keys whose example has no effect on `clip.mp4`. */
const CLIPS: Partial<Record<Key, string>> = {
  at: 'tracks.mkv',
  ac: 'low-bit-rate.mp4',
  ab: 'surround.mkv',
  cut: 'low-bit-rate.mp4',
  md: 'tagged.mp4',
}

/**
 * Checks of the output of each key's example. Some check only the size or the duration; the test
 * below also checks that the output differs from the output without the key.
 */
const EXPECTATIONS: Record<Exclude<Key, 'n'>, (documented: DocumentedOutput) => unknown> = {
  w: expectSize(320, 180),
  h: expectSize(320, 180),
  c: expectSize(300, 300),
  g: expectSize(100, 180),
  fx: expectSize(100, 180),
  fy: expectSize(320, 90),
  b: expectSize(300, 300),
  q: expectSmaller,
  p: expectSmaller,
  vc: async ({ output }) => expect((await output()).video.codec_name).toBe('hevc'),
  br: async ({ output }) => expect(Number((await output()).video.bit_rate)).toBeLessThan(330_000),
  sz: async ({ job }) => expect(Math.abs(job.sizeBytes! - 200_000)).toBeLessThan(20_000),
  fps: async ({ output }) => expect((await output()).video.avg_frame_rate).toBe('25/2'),
  ac: async ({ output, plan }) =>
    expect([(await output()).audio, plan?.mode]).toEqual([undefined, 'remux']),
  ab: async ({ output }) => expect(Number((await output()).audio.bit_rate)).toBeLessThan(80_000),
  at: async ({ output }) => expect((await output()).audio).toMatchObject({ channels: 1 }),
  ln: expectDuration(4),
  so: expectDuration(2.8),
  eo: expectDuration(2.6),
  cut: async ({ output, plan }) => {
    expect(plan?.mode).toBe('remux')
    expect(await packetHash((await output()).path)).not.toBe('')
  },
  sp: expectDuration(2),
  cat: expectDuration(8),
  r: expectSize(320, 568),
  fl: expectSize(320, 180),
  wm: expectSize(320, 180),
  wg: expectSize(320, 180),
  ws: expectSize(320, 180),
  wo: expectSize(320, 180),
  st: async ({ output }) =>
    expect(
      (await output()).streams.map((each: { codec_name: string }) => each.codec_name),
    ).toContain('mov_text'),
  sm: async ({ output }) => expect((await output()).streams).toHaveLength(2),
  fi: expectDuration(4),
  fo: expectDuration(4),
  md: async ({ output }) =>
    expect((await output()).format.tags).toMatchObject({ title: 'A holiday' }),
  lad: (documented) =>
    expect(listFileNames(documented)).toEqual(expect.arrayContaining(['v144.m3u8', 'v240.m3u8'])),
  sd: ({ job }) =>
    expect(job.files.get('v144.m3u8')!.toString()).toContain('#EXT-X-TARGETDURATION:2\n'),
  f: async ({ output }) => expect((await output()).video.codec_name).toBe('vp9'),
  t: expectSize(640, 360),
  tt: expectSize(640, 360),
  si: ({ job }) =>
    expect(
      job.files
        .get('sprite.vtt')!
        .toString()
        .match(/#xywh=/g),
    ).toHaveLength(4),
  sc: (documented) =>
    expect(listFileNames(documented).filter((name) => name !== 'sprite.vtt')).toHaveLength(2),
  wc: expectSize(1280, 240),
}

const SUBTITLES = '1\n00:00:00,500 --> 00:00:02,000\nGood morning.\n'

/**
 * Returns the example without the key. `fx` and `fy` are removed together, as each requires the
 * other.
 */
function removeKey(key: string, example: string): string {
  const removed = FOCUS_KEYS.includes(key) ? FOCUS_KEYS : [key]
  const pairs = example
    .split(',')
    .filter((pair) => !removed.includes(pair.slice(0, pair.indexOf('_'))))
  return pairs.join(',') || 'f_mp4'
}

/** Jobs without the key. Many examples have the same, which is then made once. */
const controls = new Map<string, Promise<OfferedJob>>()

// The gateway expands named presets (`n`), so a runner does not know them.
it.each(rows.filter(({ key }) => key !== 'n'))(
  'the example of $key, $example, has an effect on the output',
  async ({ key, example }) => {
    const subtitles = join(harness.scratch, 'en.srt')
    await writeFile(subtitles, SUBTITLES)
    const references = {
      'videos/outro.mp4': clip('clip.mp4'),
      'images/logo.png': clip('image.png'),
      'subtitles/en.srt': subtitles,
    }
    expect(example.split(',').some((pair) => pair.startsWith(`${key}_`))).toBe(true)
    const name = CLIPS[key as Key] ?? 'clip.mp4'
    const makeVariant = async (text: string) => {
      const { job, finish } = await runJob(name, readCanonicalForm(text), {}, {}, references)
      expect(finish).toMatchObject({ outcome: expect.stringMatching(/^(completed|packaged)$/) })
      return { job, finish }
    }
    const withoutKey = removeKey(key, example)
    const controlId = `${name} ${withoutKey}`
    if (!controls.has(controlId)) {
      controls.set(
        controlId,
        makeVariant(withoutKey).then((control) => control.job),
      )
    }
    const control = await controls.get(controlId)!
    const { job, finish } = await makeVariant(example)
    expect(concatUploads(job).equals(concatUploads(control))).toBe(false)
    const plan = 'plan' in finish ? finish.plan : undefined
    await EXPECTATIONS[key as Exclude<Key, 'n'>]({
      output: () => probeOutput(job),
      job,
      plan,
      control,
    })
  },
)
