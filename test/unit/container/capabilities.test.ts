import { expect, it } from 'vitest'
import { parseEncoders, parseHwaccels } from '../../../container/capabilities.ts'

it("ffmpeg's lists of encoders and hardware accelerators are parsed", () => {
  const encoders = [
    'Encoders:',
    ' V..... = Video',
    ' ------',
    ' V....D libx264              libx264 H.264 (codec h264)',
    ' A....D aac                  AAC (Advanced Audio Coding)',
    ' V....D h264_nvenc           NVIDIA NVENC H.264 encoder (codec h264)',
  ]
  expect(parseEncoders(encoders.join('\n'))).toEqual(['libx264', 'aac', 'h264_nvenc'])
  expect(parseHwaccels('Hardware acceleration methods:\nvdpau\ncuda\n\n')).toEqual([
    'vdpau',
    'cuda',
  ])
})
