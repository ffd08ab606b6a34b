import { describe, expect, it } from 'vitest'
import type { Rendition } from '../../../src/contract/rendition.ts'
import { audio, video } from '../../fixtures/renditions.ts'
import { planWithArguments, probed } from '../../fixtures/probes.ts'

describe('stream copy', () => {
  it('is possible when the source matches the request', () => {
    const fields = { frameRate: 30, videoKbps: 2_000, audioKbps: 96, endSeconds: 60 }
    expect(planWithArguments(video(fields), probed()).mode).toBe('remux')
  })

  it.each([
    [{ videoKbps: 500 }, /limited to 500 kbit\/s/],
    [{ frameRate: 25 }, /frame rate becomes 25/],
    [{ rotate: 90 } as const, /rotated/],
    [{ flip: 'v' } as const, /mirrored/],
    [{ speed: 2 }, /speed/],
    [{ fadeInSeconds: 1 }, /fades/],
    [{ videoCodec: 'av1' } as const, /h264 becomes av1/],
  ])('of the video is prevented by %j', (fields, reason) => {
    const { video: track } = planWithArguments(video(fields), probed())
    expect(track).toEqual({ action: 'encode', reason: expect.stringMatching(reason) })
  })

  it.each([
    [{ audioKbps: 64 }, /128 kbit\/s, more than the requested 64/],
    [{ loudness: 23 }, /loudness/],
    [{ audioCodec: 'mp3' } as const, /aac becomes mp3/],
  ])('of the audio alone is prevented by %j', (fields, reason) => {
    const { video: videoTrack, audio: audioTrack } = planWithArguments(video(fields), probed())
    expect(videoTrack?.action).toBe('copy')
    expect(audioTrack).toEqual({ action: 'encode', reason: expect.stringMatching(reason) })
  })

  it('is possible for a file that is small enough for the requested size', () => {
    const probe = probed({ bitRate: 9_000_000 })
    expect(planWithArguments(video({ sizeKilobytes: 50 }), probe).mode).toBe('remux')
    probe.facts.sizeBytes = 5_000_000
    expect(planWithArguments(video({ sizeKilobytes: 4_000 }), probe).video?.reason).toMatch(
      /4000 kB/,
    )
  })

  it('is rejected for ac_copy when an edit changes the audio', () => {
    expect(() => planWithArguments(video({ audioCodec: 'copy', speed: 2 }), probed())).toThrow(
      /cannot be copied \(ac_copy\), since the speed changes/,
    )
  })
})

describe('a field without a rule', () => {
  const withUnknown = (rendition: Rendition) => Object.assign({}, rendition, { sharpen: 3 })

  it('prevents stream copy of every track', () => {
    expect(planWithArguments(video(), probed()).mode).toBe('remux')
    const {
      mode,
      video: videoTrack,
      audio: audioTrack,
    } = planWithArguments(withUnknown(video()), probed())
    const encoded = { action: 'encode', reason: 'sharpen is set' }
    expect([mode, videoTrack, audioTrack]).toEqual(['encode', encoded, encoded])
  })

  it('prevents stream copy into an audio file', () => {
    expect(planWithArguments(audio(), probed()).mode).toBe('remux')
    expect(planWithArguments(withUnknown(audio()), probed()).audio).toEqual({
      action: 'encode',
      reason: 'sharpen is set',
    })
  })
})
