/** A finished stream, checked with independent parsers, with ffprobe and by its bytes. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { harness, useRunnerHarness } from './helpers/runnerHarness.ts'
import { stream } from '../fixtures/renditions.ts'
import { makeStream } from './helpers/streamReader.ts'

useRunnerHarness()

function sum(list: { duration: number }[]) {
  return list.reduce((all, { duration }) => all + duration, 0)
}
function readRungSizes(master: Awaited<ReturnType<typeof makeStream>>['master']) {
  return master.playlists
    ?.map(({ attributes }) => attributes['RESOLUTION'] as { width: number; height: number })
    .map(({ width, height }) => [width, height])
    .toSorted((one, other) => one[0]! - other[0]!)
}

it('an HLS parser, a DASH parser and ffprobe agree on the contents of a stream', async () => {
  const output = await makeStream(
    'stream.mp4',
    stream({ segmentSeconds: 2, ladder: [144, 240, 360] }),
  )
  const { job, finish, master, rungs } = output

  expect(rungs).toEqual(['v144.m3u8', 'v240.m3u8', 'v360.m3u8'])
  expect(readRungSizes(master)).toEqual([
    [256, 144],
    [426, 240],
    [640, 360],
  ])
  expect(master.independentSegments).toBe(true)
  expect(finish).toMatchObject({
    files: job.files.size,
    sizeBytes: [...job.files.values()].reduce((all, { length }) => all + length, 0),
    plan: { mode: 'package' },
    output: { format: 'hls', videoCodec: 'h264', audioCodec: 'aac', width: 640, height: 360 },
  })

  const keyframes = new Set<string>()
  for (const uri of [...rungs, 'a.m3u8']) {
    const list = output.read(uri)
    expect(list).toMatchObject({ playlistType: 'VOD', endList: true, targetDuration: 2 })
    const named = list.segments.flatMap(({ uri: file, map }) => [file, map!.uri])
    expect(named.filter((each) => !job.files.has(each))).toEqual([])
    for (const { duration } of list.segments) {
      expect(Math.round(duration)).toBeLessThanOrEqual(2)
    }
    expect(Math.abs(sum(list.segments) - 7)).toBeLessThan(0.05)
    const { format, streams } = await output.probe(uri)
    expect(Number(format.start_time)).toBeCloseTo(0, 1)
    expect(Number(format.duration)).toBeCloseTo(sum(list.segments), 1)
    expect(streams).toHaveLength(1)
    if (uri === 'a.m3u8') {
      expect(streams[0]).toMatchObject({ codec_name: 'aac', channels: 2, sample_rate: '48000' })
      continue
    }
    const attributes = master.playlists?.find((each) => each.uri === uri)?.attributes
    expect(streams[0]).toMatchObject({ codec_name: 'h264', r_frame_rate: '30000/1001' })
    expect(attributes).toMatchObject({
      CODECS: `${avc(streams[0])},mp4a.40.2`,
      RESOLUTION: { width: streams[0].width, height: streams[0].height },
      'FRAME-RATE': 29.97,
      AUDIO: 'audio',
    })
    const times = (await output.packets(uri)).filter(({ flags }) => flags.startsWith('K'))
    keyframes.add(times.map(({ pts_time: at }) => Number(at).toFixed(3)).join(' '))
  }
  expect([...keyframes]).toEqual(['0.000 2.002 4.004 6.006'])

  const mpd = output.mpd()
  const audioPlaylists = Object.values(Object.values(mpd.mediaGroups.AUDIO)[0]!)[0]!.playlists
  expect(mpd.duration).toBeCloseTo(7, 1)
  expect(mpd.playlists.map(({ attributes }) => attributes.RESOLUTION?.height)).toEqual([
    144, 240, 360,
  ])
  for (const { attributes, segments } of [...mpd.playlists, ...audioPlaylists]) {
    const hls = output.read(`${attributes.NAME}.m3u8`).segments
    expect(segments.map(({ uri }) => uri)).toEqual(hls.map(({ uri }) => uri))
    segments.forEach((segment, at) => expect(segment.duration).toBeCloseTo(hls[at]!.duration, 4))
  }
})

it('BANDWIDTH covers the peak bit rate, and key frame playlists list key frames', async () => {
  const output = await makeStream('stream.mp4', stream({ segmentSeconds: 3, ladder: [144, 240] }))
  const { master, job } = output
  // The peak bit rate counts segments of at least half the target duration (RFC 8216, 4.1).
  const rate = (uri: string) =>
    output
      .read(uri)
      .segments.filter(({ duration }) => duration >= 1.5)
      .map(({ uri: file, duration }) => (job.files.get(file)!.length * 8) / duration)
  for (const { uri, attributes } of master.playlists!) {
    const peakRate = Math.max(...rate(uri)) + Math.max(...rate('a.m3u8'))
    expect(attributes['BANDWIDTH']).toBeGreaterThanOrEqual(Math.floor(peakRate))
    expect(attributes['BANDWIDTH']).toBeLessThan(peakRate * 1.1)
    expect(Number(attributes['AVERAGE-BANDWIDTH'])).toBeLessThanOrEqual(
      Number(attributes['BANDWIDTH']),
    )
  }
  expect(master.iFramePlaylists?.map(({ uri }) => uri)).toEqual(['i144.m3u8', 'i240.m3u8'])
  for (const { uri } of master.iFramePlaylists!) {
    const list = output.read(uri)
    expect(list).toMatchObject({ iFramesOnly: true, endList: true })
    expect(list.segments).toHaveLength(3)
    for (const { uri: file, byterange, map } of list.segments) {
      const { offset, length } = byterange!
      const range = job.files.get(file)!.subarray(offset, offset + length)
      const probed = await output.save('one.mp4', Buffer.concat([job.files.get(map!.uri)!, range]))
      expect(probed.streams).toEqual([{ codec_name: 'h264' }])
      expect(probed.packets[0].flags).toMatch(/^K/)
    }
  }
})

describe('the ladder', () => {
  it('has no rung above the source, and notes the omitted ones', async () => {
    const { finish, master } = await makeStream('clip.mp4', stream({ ladder: [240, 720, 1080] }))
    expect(readRungSizes(master)).toEqual([[426, 240]])
    expect(finish).toMatchObject({
      plan: {
        notes: [
          expect.stringMatching(
            /^The ladder leaves out 720, 1080: the short side of the source is 360/,
          ),
        ],
      },
    })
  })

  it("has one rung of the source's size when every requested rung is larger", async () => {
    const { master } = await makeStream('clip.mp4', stream({ ladder: [2160], segmentSeconds: 2 }))
    expect(readRungSizes(master)).toEqual([[640, 360]])
  })

  it('of a portrait video has portrait sizes, by the short side', async () => {
    const { master } = await makeStream('portrait.mp4', stream())
    expect(readRungSizes(master)).toEqual([
      [240, 426],
      [360, 640],
    ])
  })

  it('of a video with odd sides and no audio has even sides and video only', async () => {
    const { master, job, mpd, probe } = await makeStream('odd.mkv', stream())
    expect(readRungSizes(master)).toEqual([
      [426, 240],
      [640, 360],
    ])
    expect(job.files.has('a.m3u8')).toBe(false)
    expect(master.playlists![0]!.attributes['CODECS']).toMatch(/^avc1\.\w{6}$/)
    expect(mpd().mediaGroups.AUDIO).toEqual({})
    expect((await probe('v360.m3u8')).streams).toHaveLength(1)
  })
})

it('a remainder of less than 0.1 s is part of the last segment', async () => {
  const output = await makeStream('tail.mp4', stream({ ladder: [144], segmentSeconds: 2 }))
  for (const uri of ['v144.m3u8', 'a.m3u8']) {
    const { segments, targetDuration } = output.read(uri)
    expect(segments).toHaveLength(3)
    expect(segments.at(-1)!.duration).toBeGreaterThan(2.05)
    expect(targetDuration).toBe(2)
    const { format } = await output.probe(uri)
    expect(Number(format.duration)).toBeCloseTo(6.08, 1)
    expect((await output.packets(uri)).length).toBeGreaterThan(6.07 * 25)
  }
})

it('a stream with ac_none has no audio', async () => {
  const rendition = stream({ audioCodec: 'none', ladder: [144] })
  const { job, finish } = await makeStream('clip.mp4', rendition)
  expect([...job.files.keys()].filter((name) => name.startsWith('a'))).toEqual([])
  expect(finish).toMatchObject({
    plan: { audio: { action: 'drop' } },
    output: { audioCodec: null },
  })
})

it.each([
  ['h265', 'hevc', /^hvc1\.1\.6\.L\d+(\.[0-9A-F]+)*,mp4a\.40\.2$/],
  ['av1', 'av1', /^av01\.0\.\d\dM\.08,mp4a\.40\.2$/],
] as const)(
  'a stream in %s has segments of the requested duration',
  async (videoCodec, codec, codecs) => {
    const rendition = stream({
      videoCodec,
      ladder: [144, 240],
      segmentSeconds: 2,
      encoderSpeed: 'fast',
    })
    const output = await makeStream('clip.mp4', rendition)
    for (const { uri, attributes } of output.master.playlists!) {
      expect(attributes['CODECS']).toMatch(codecs)
      expect((await output.probe(uri)).streams[0]).toMatchObject({ codec_name: codec })
      expect(output.read(uri).segments.map(({ duration }) => duration)).toEqual([2, 2])
    }
  },
)

it('the command normalizes the audio to the requested loudness, from measured values', async () => {
  const rendition = stream({ loudness: 23, ladder: [144], encoderSpeed: 'fast' })
  const { finish, probe } = await makeStream('stream.mp4', rendition)
  expect(finish.command).toContain('loudnorm=I=-23')
  expect(finish.command).toContain('measured_I=')
  expect(Number((await probe('a.m3u8')).format.duration)).toBeCloseTo(7, 1)
})

it('a stream is edited, and subtitles become a track', async () => {
  const path = join(harness.scratch, 'talk.srt')
  await writeFile(path, '1\n00:00:02,000 --> 00:00:03,000\nOne <i>two</i>\n')
  const rendition = stream({
    startSeconds: 1,
    endSeconds: 6,
    rotate: 90,
    ladder: [144],
    segmentSeconds: 2,
    subtitles: 'talk.de.srt',
    frameRate: 15,
  })
  const output = await makeStream('stream.mp4', rendition, { 'talk.de.srt': path })
  expect(readRungSizes(output.master)).toEqual([[144, 256]])
  expect(sum(output.read('v144.m3u8').segments)).toBeCloseTo(5, 1)
  expect(output.master.mediaGroups?.['SUBTITLES']).toMatchObject({
    subtitles: { German: { uri: 's.m3u8', language: 'de', default: false } },
  })
  expect(output.read('s.m3u8')).toMatchObject({ endList: true, segments: [{ uri: 's.vtt' }] })
  expect(String(output.job.files.get('s.vtt'))).toBe(
    'WEBVTT\n\n00:01.000 --> 00:02.000\nOne <i>two</i>\n',
  )
})

/** Returns the codec string of a stream, from the profile and level that ffprobe reports. */
function avc({ profile, level }: { profile: string; level: number }): string {
  expect(profile).toBe('High')
  return `avc1.6400${level.toString(16).padStart(2, '0')}`
}
