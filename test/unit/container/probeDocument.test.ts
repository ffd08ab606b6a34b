import { expect, it } from 'vitest'
import { describeStreams } from '../../../container/ffmpeg/probe/probeDocument.ts'
import { ffprobeOutput } from '../../../container/ffmpeg/probe/ffprobeOutput.ts'

const FRAME_TIMING = { keyframeIntervalSeconds: 2, typicalSeconds: 0.04, isUneven: false }

it('the frame timing belongs to the stream that was measured, not to a cover in front of it', () => {
  const { streams } = ffprobeOutput.parse({
    format: { format_name: 'matroska,webm' },
    streams: [
      { index: 0, codec_type: 'video', codec_name: 'mjpeg', disposition: { attached_pic: 1 } },
      { index: 1, codec_type: 'video', codec_name: 'h264' },
    ],
  })
  const [cover, film] = describeStreams(streams, { index: 1, frameTiming: FRAME_TIMING })
  expect(cover).toMatchObject({ codec: 'mjpeg', keyframeIntervalSeconds: null })
  expect(film).toMatchObject({ codec: 'h264', keyframeIntervalSeconds: 2 })
})
