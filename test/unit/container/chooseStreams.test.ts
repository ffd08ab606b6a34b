import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { chooseStreams } from '../../../container/ffmpeg/probe/chooseStreams.ts'
import { ffprobeOutput } from '../../../container/ffmpeg/probe/ffprobeOutput.ts'

const GIB = 1024 ** 3
const MIB = 1024 ** 2
/** Prints nothing, and reads on until it is ended. */
const READS_ON = 'exec tail -f /dev/null'
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'streams-'))
})
afterEach(() => rm(folder, { recursive: true }))

/**
 * Chooses among a video and audio tracks of a large file without an index.
 *
 * @param answers what ffprobe does each time that it is started, as shell commands
 */
async function choose(audioTracks: number, answers: readonly string[], bytesPerCheck = 6 * MIB) {
  const ffprobe = join(folder, 'ffprobe')
  const calls = join(folder, 'calls')
  const cases = answers.map((answer, index) => `${index}) ${answer} ;;`).join('\n')
  await mkdir(calls)
  await writeFile(
    ffprobe,
    // A limit lets ffprobe write no file, so the calls are counted with folders.
    `#!/bin/sh\nn=0\nwhile ! mkdir ${calls}/$n 2>/dev/null; do n=$((n+1)); done\ncase $n in\n${cases}\nesac\n`,
  )
  await chmod(ffprobe, 0o700)
  const audio = Array.from({ length: audioTracks }, (_, index) => ({
    index: index + 1,
    codec_type: 'audio',
    codec_name: 'aac',
    duration: 100,
  }))
  const { streams } = ffprobeOutput.parse({
    format: { format_name: 'mpegts' },
    streams: [{ index: 0, codec_type: 'video', codec_name: 'h264' }, ...audio],
  })
  let bytes = 0
  const needs = { video: true, audioTrack: 1, durations: true, times: 'none' } as const
  const choice = await chooseStreams(streams, needs, {
    ffprobe,
    input: ['file.ts'],
    limits: { memoryBytes: GIB, fileBytes: GIB, cpuSeconds: null },
    // A check every 100 ms finds too many bytes after half a second.
    bytesRead: () => (bytes += bytesPerCheck),
    cwd: folder,
    signal: new AbortController().signal,
  })
  return { choice, calls: (await readdir(calls)).length }
}

const VIDEO_ONLY = String.raw`printf 'packet,0,0\nframe,0\n'`
const AUDIO = String.raw`printf 'packet,1,0\nframe,1\n'`

describe('an audio track of which the first 32 MiB have no packets', () => {
  it('is not used if the rest of the file has none either', async () => {
    const { choice, calls } = await choose(1, [VIDEO_ONLY, READS_ON, 'true'])
    expect(choice.audio).toBeNull()
    expect(choice.notes.audio).toEqual(['No audio track can be used: track 1 (aac) has no data.'])
    expect(calls).toBe(3)
  })

  it('is used if it can be decoded later', async () => {
    const { choice } = await choose(1, [VIDEO_ONLY, READS_ON, AUDIO])
    expect(choice.audio).toMatchObject({ index: 1 })
    expect(choice.notes.audio).toEqual([])
  })

  it('is not used if its later packets cannot be decoded', async () => {
    const { choice } = await choose(1, [VIDEO_ONLY, READS_ON, String.raw`printf 'packet,1,0\n'`])
    expect(choice.audio).toBeNull()
    expect(choice.notes.audio[0]).toContain('cannot be decoded')
  })

  it('makes way for the next track', async () => {
    const { choice } = await choose(2, [
      String.raw`printf 'packet,0,0\nframe,0\npacket,2,0\nframe,2\n'`,
      READS_ON,
      'true',
    ])
    expect(choice.audio).toMatchObject({ index: 2 })
    expect(choice.notes.audio[0]).toContain('has no data, so track 2')
  })
})

it('the audio is found if the first 32 MiB have no packet of any track', async () => {
  const { choice } = await choose(1, [READS_ON, VIDEO_ONLY, READS_ON, 'true'])
  expect(choice.video).toMatchObject({ index: 0 })
  expect(choice.audio).toBeNull()
})

it('tracks that can be decoded at once need no other search', async () => {
  const { calls } = await choose(1, [`${VIDEO_ONLY}; ${AUDIO}`], 0)
  expect(calls).toBe(1)
})
