/** The key frames in the index of a file are those from which ffmpeg decodes when it seeks. */
import { describe, expect, it } from 'vitest'
import { probeEnvironment } from '../../container/attempt/probeInputs.ts'
import { findKeyframesBefore } from '../../container/ffmpeg/probe/keyframesBefore.ts'
import { useChunkJobs } from './helpers/clips/chunkSources.ts'

const openJob = useChunkJobs()

const NO_FFPROBE = '/nonexistent/ffprobe'

/** So that no index is found. */
async function readNothing(): Promise<Buffer> {
  return Buffer.alloc(0)
}

/** Times between the frames, of which several follow each key frame. */
const SECONDS = Array.from({ length: 40 }, (_, index) => 0.013 + index * 0.17)

/** Opens a source of the chunk tests. Without ffprobe, the key frames can only come from the index. */
async function openFile(name: string) {
  const { attempt, context } = await openJob(name, {})
  const { original } = attempt.inputs
  const { url, probe } = context.source
  const { ffprobe, memo: _, ...environment } = probeEnvironment(attempt, original)
  const file = { url, probe: probe!, sizeBytes: original.sizeBytes, read: original.source.read }
  return {
    findInIndex: (seconds: number[]) =>
      findKeyframesBefore(file, seconds, { ...environment, ffprobe: NO_FFPROBE }),
    findByFfprobe: (seconds: number[]) =>
      findKeyframesBefore({ ...file, read: readNothing }, seconds, { ...environment, ffprobe }),
  }
}

describe('the index has the key frames that ffprobe finds', () => {
  it.each([
    ['with B-frames', 'fast.mp4'],
    ['with open groups of pictures', 'rotated.mp4'],
    ['with B-frames and without an edit list', 'no-list.mp4'],
    ['with a variable frame rate', 'vfr.mp4'],
    ['in H.265, with open groups of pictures', 'hevc.mp4'],
    ['of which all frames are key frames', 'intra.mov'],
    ['with a gap before the video', 'late.mov'],
  ])('in a file %s', async (_name, name) => {
    const { findInIndex, findByFfprobe } = await openFile(name)
    const found = await findInIndex(SECONDS)
    expect(found).toEqual(await findByFfprobe(SECONDS))
    expect(new Set(found).size).toBeGreaterThan(1)
  })
})

it('the index has the key frames for more chunks than ffprobe searches', async () => {
  const { findInIndex, findByFfprobe } = await openFile('fast.mp4')
  const seconds = Array.from({ length: 151 }, (_, index) => 1 + index / 100)
  expect(await findInIndex(seconds)).toHaveLength(151)
  expect(await findByFfprobe(seconds)).toEqual([])
})

describe('ffprobe finds the key frames', () => {
  it.each([
    ['without an index of MP4', 'ntsc.mkv'],
    ['with frames that are shown before they are decoded', 'offsets.mp4'],
    ['of which the first frames are not shown', 'edited.mp4'],
    ['that begins before zero', 'negative.mp4'],
  ])('in a file %s', async (_name, name) => {
    const { findInIndex, findByFfprobe } = await openFile(name)
    expect(await findByFfprobe(SECONDS)).toHaveLength(SECONDS.length)
    await expect(findInIndex(SECONDS)).rejects.toThrow(NO_FFPROBE)
  })
})
