import { describe, expect, it } from 'vitest'
import { checkDuration } from '../../../container/ffmpeg/verify/durations.ts'

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
