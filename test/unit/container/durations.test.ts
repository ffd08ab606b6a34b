import { describe, expect, it } from 'vitest'
import {
  checkDuration,
  checkStart,
  compareStarts,
  compareWithEstimate,
} from '../../../container/ffmpeg/verify/durations.ts'
import { planWithArguments, probed } from '../../fixtures/probes.ts'
import { audio, stream, video } from '../../fixtures/renditions.ts'

const expectation = { seconds: 1, hasRequestedEnd: false }

describe('an output that is shorter than planned', () => {
  it.each([
    ['[matroska,webm @ 0x55b32c6f98c0] File ended prematurely'],
    [`[matroska,webm @ 0x5555] Length 6 indicated by an EBML number's first byte 0x07 exceeds 4.`],
    ['[in#0/mov,mp4,m4a,3gp,3g2,mj2 @ 0x5555] stream 0, offset 0x30: partial file'],
  ])('is input_invalid if a demuxer printed an error: %s', (stderr) => {
    expect(() => checkDuration('output', 0.2, { expect: expectation, stderr })).toThrow(
      expect.objectContaining({
        code: 'input_invalid',
        message: expect.stringMatching(/^The file ends early/),
      }),
    )
  })

  it.each([[''], ['[libx264 @ 0x5555] using cpu capabilities'], ['[mp4 @ 0x5555] muxing']])(
    'is output_invalid otherwise: %j',
    (stderr) => {
      expect(() => checkDuration('output', 0.2, { expect: expectation, stderr })).toThrow(
        expect.objectContaining({ code: 'output_invalid' }),
      )
    },
  )
})

describe('a track that begins later than planned', () => {
  const late = (stderr: string, frameRate = 25) =>
    checkStart('video', 2, { expected: 0, frameRate, stderr })

  it('is rejected', () => {
    expect(() => late('[libx264 @ 0x5555] using SAR=1/1')).toThrow(
      expect.objectContaining({
        code: 'output_invalid',
        message: 'The video of the output begins at second 2.0 instead of 0.0.',
      }),
    )
  })

  it('is accepted if the decoder had nothing to show before', () => {
    expect(() => late('[h264 @ 0x5555] no frame!')).not.toThrow()
    expect(() => late('[vist#0:0/hevc @ 0x55] [dec:hevc @ 0x55] Error submitting')).not.toThrow()
  })

  it('is accepted within the duration of two frames', () => {
    expect(() => late('', 1)).not.toThrow()
  })
})

it('a track that begins well after the start is noted', () => {
  expect(compareStarts({ video: 0.4, audio: 0 })).toEqual([])
  expect(compareStarts({ video: null, audio: 1.25 })).toEqual([
    'The audio begins at second 1.3 of the variant.',
  ])
})

describe('the durations of the tracks of a file that declares none', () => {
  const estimated = { ...probed(), durationIsDeclared: false }

  it.each([video(), audio(), stream()])('are verified if they were measured: %o', (rendition) => {
    const { expect: expectations, stream: layout } = planWithArguments(rendition, {
      ...estimated,
      durationIsMeasured: true,
    })
    expect((expectations ?? layout)?.trackSeconds).toMatchObject({ audio: 10 })
  })

  it('are compared with those of the variant if they are estimated', () => {
    const { expect: expectations } = planWithArguments(video(), estimated)
    const early = compareWithEstimate({ video: 5, audio: 9.9 }, expectations?.estimatedSeconds)
    expect(early).toEqual([
      "The video ends at second 5.0. By an estimate of the source's duration it should end at second 10.0.",
    ])
    expect(compareWithEstimate({ video: 5, audio: 5 }, undefined)).toEqual([])
    const layout = planWithArguments(stream(), estimated).stream
    expect(layout?.estimatedSeconds?.audio).toBe(10)
  })

  it('are not verified if they are estimated', () => {
    expect(planWithArguments(video(), estimated).expect?.trackSeconds).toBeUndefined()
    expect(planWithArguments(stream(), estimated).stream!.trackSeconds).toBeUndefined()
  })
})
