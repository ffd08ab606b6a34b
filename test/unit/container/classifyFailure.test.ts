/** Classification of ffmpeg failures by the exit code, the signal and the end of stderr. */
import { expect, it } from 'vitest'
import { classifyFfmpegFailure } from '../../../container/ffmpeg/process/classifyFailure.ts'

const UNREADABLE_STREAM =
  '[mov,mp4,m4a,3gp,3g2,mj2 @ 0x5612] Could not find codec parameters for stream 0 (Video: h264 ' +
  '(avc1 / 0x31637661), none, 320x180, 713 kb/s): unspecified pixel format\n'
const TERMINATED = 'Exiting normally, received signal 15.\n'

it('a termination of ffmpeg while it opens a file is not classified as an invalid file', () => {
  for (const code of [255, 1, 0]) {
    expect(
      classifyFfmpegFailure({ code, signal: null, stderrTail: UNREADABLE_STREAM + TERMINATED }),
    ).toMatchObject({
      code: 'internal',
      message: 'ffmpeg was ended by a signal that the runner did not send.',
    })
  }
})

it('a termination of ffprobe is not classified as an invalid file', () => {
  expect(
    classifyFfmpegFailure({ code: null, signal: 'SIGTERM', stderrTail: UNREADABLE_STREAM }),
  ).toMatchObject({
    code: 'internal',
  })
})

it('the same stderr without a termination is classified as an invalid file', () => {
  const stderrTail = `${UNREADABLE_STREAM}Conversion failed!\n`
  expect(classifyFfmpegFailure({ code: 1, signal: null, stderrTail })).toMatchObject({
    code: 'input_invalid',
  })
})

it('a termination message in the metadata of a file is ignored', () => {
  const stderrTail = `  Metadata:\n    title           : ${TERMINATED}${UNREADABLE_STREAM}`
  expect(classifyFfmpegFailure({ code: 1, signal: null, stderrTail })).toMatchObject({
    code: 'input_invalid',
  })
})
