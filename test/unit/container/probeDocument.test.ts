import { expect, it } from 'vitest'
import { describeStreams } from '../../../container/ffmpeg/probe/probeDocument.ts'
import { ffprobeOutput } from '../../../container/ffmpeg/probe/ffprobeOutput.ts'

const FRAME_TIMING = { keyframeIntervalSeconds: 2, typicalSeconds: 0.04, isUneven: false }

it('the frame timing belongs to the video, not to a cover image in front of it', () => {
  const { streams } = ffprobeOutput.parse({
    format: { format_name: 'matroska,webm' },
    streams: [
      { codec_type: 'video', codec_name: 'mjpeg', disposition: { attached_pic: 1 } },
      { codec_type: 'video', codec_name: 'h264' },
    ],
  })
  const [cover, film] = describeStreams(streams, FRAME_TIMING)
  expect(cover).toMatchObject({ codec: 'mjpeg', keyframeIntervalSeconds: null })
  expect(film).toMatchObject({ codec: 'h264', keyframeIntervalSeconds: 2 })
})
