import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type ProbeDocument, probeDocument } from '../../src/contract/probe.ts'
import { harness, runJob, useRunnerHarness } from './helpers/runnerHarness.ts'
import { saveOutput } from './helpers/offeredJob.ts'
import { probing } from '../fixtures/renditions.ts'

useRunnerHarness()

async function probeClip(name: string): Promise<ProbeDocument> {
  const { job, finish } = await runJob(name, probing())
  expect(finish).toMatchObject({ outcome: 'completed', plan: { mode: 'probe' } })
  const path = await saveOutput(job, join(harness.scratch, 'saved.json'))
  return probeDocument.parse(JSON.parse(await readFile(path, 'utf8')))
}

describe('the probe document', () => {
  it('has the rotation and the metadata of a phone’s video', async () => {
    const document = await probeClip('phone.mov')
    expect(document).toMatchObject({
      format: 'mov',
      formatName: 'mov,mp4,m4a,3gp,3g2,mj2',
      startSeconds: 0,
      chapters: 0,
      tags: {
        'com.apple.quicktime.location.ISO6709': '+52.5200+013.4050+034.000/',
        'com.apple.quicktime.model': 'Phone 12',
      },
    })
    expect(document.durationSeconds).toBeCloseTo(1, 1)
    const [videoTrack, audioTrack] = document.streams
    expect(videoTrack).toMatchObject({
      type: 'video',
      index: 0,
      codec: 'h264',
      width: 320,
      height: 180,
      rotation: 90,
      displayWidth: 180,
      displayHeight: 320,
      pixelFormat: 'yuv420p',
      bitDepth: 8,
      variableFrameRate: false,
      interlaced: false,
      frames: 30,
      default: true,
      sampleAspectRatio: '1:1',
      displayAspectRatio: '16:9',
      language: null,
    })
    expect(videoTrack).toHaveProperty('frameRate', expect.closeTo(29.97, 2))
    expect(audioTrack).toMatchObject({
      type: 'audio',
      codec: 'aac',
      channels: 1,
      sampleRate: 44_100,
    })
    expect(document.remux).toMatchObject({
      mp4: 'the video is stored rotated',
      webm: 'h264 becomes vp9; aac becomes opus',
    })
  })

  it('has the bit depth and colours of HLG, and marks it as HDR', async () => {
    const { streams, remux } = await probeClip('hlg.mp4')
    expect(streams[0]).toMatchObject({
      codec: 'hevc',
      profile: 'Main 10',
      bitDepth: 10,
      color: {
        space: 'bt2020nc',
        transfer: 'arib-std-b67',
        primaries: 'bt2020',
        hdr: 'hlg',
      },
    })
    expect(remux.webm).toBe('hevc becomes vp9')
  })

  it.each([
    ['vfr.mp4', { variableFrameRate: true }],
    ['silent.mp4', { variableFrameRate: false }],
    ['one-fps.mp4', { variableFrameRate: false, frameRate: 1 }],
    ['one-frame.mp4', { variableFrameRate: null, keyframeIntervalSeconds: null, frames: 1 }],
    ['interlaced.mp4', { interlaced: true, fieldOrder: 'tt' }],
    ['anamorphic.mp4', { width: 720, displayWidth: 1024, sampleAspectRatio: '64:45' }],
    ['odd.mkv', { width: 641, displayHeight: 361, bitDepth: 8, pixelFormat: 'yuv444p' }],
    ['clip.ts', { variableFrameRate: false, frameRate: 25 }],
  ])('describes the video track of %s', async (name, videoTrack) => {
    const { streams } = await probeClip(name)
    expect(streams[0]).toMatchObject(videoTrack)
  })

  it('has the key frame interval, for which only a part of the file is read', async () => {
    const { streams, format } = await probeClip('big.mkv')
    expect(format).toBe('mkv')
    expect(streams[0]).toMatchObject({ keyframeIntervalSeconds: 0.04 })
    expect(harness.gateway.sourceBytes).toBeLessThan(60e6)
  })

  it('lists all tracks with their languages', async () => {
    const { streams, remux } = await probeClip('languages.mkv')
    expect(remux.mkv).toBeNull()
    expect(streams.slice(1)).toMatchObject([
      { codec: 'aac', language: 'eng', default: false },
      { codec: 'opus', language: 'ger', default: true },
      { codec: 'ac3', language: 'fre', default: false },
    ])
  })

  it('names the missing video as the obstacle to a copy of an audio file', async () => {
    const { format, streams, remux } = await probeClip('audio-only.m4a')
    expect([format, streams.length]).toEqual(['m4a', 1])
    expect(remux.mp4).toContain('no video stream')
  })

  it('has no obstacle for the containers that a file can be copied into', async () => {
    const { remux } = await probeClip('clip.mp4')
    const webm = 'h264 becomes vp9; aac becomes opus'
    expect(remux).toEqual({ mp4: null, mov: null, mkv: null, webm })
  })
})

describe('a hostile file', () => {
  it('has at most fifty tags, each truncated to 500 characters', async () => {
    const { tags } = await probeClip('tagged.mkv')
    expect(Object.keys(tags).length).toBeLessThanOrEqual(50)
    expect(Math.max(...Object.values(tags).map((value) => value.length))).toBe(500)
  })

  it('that is a playlist is rejected as invalid input', async () => {
    const { finish } = await runJob('playlist.mp4', probing())
    expect(finish).toMatchObject({ outcome: 'failed', errorCode: 'input_invalid' })
  })

  it('that is truncated is still probed', async () => {
    const { streams } = await probeClip('half.mp4')
    expect(streams).toHaveLength(2)
  })
})
