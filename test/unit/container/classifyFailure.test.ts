/** By what ffmpeg says with its last words; all of these are its own. */
import { expect, it } from 'vitest'
import { classifyFfmpegFailure } from '../../../container/ffmpeg/process/classifyFailure.ts'

const CANNOT_MAKE_OUT =
  '[mov,mp4,m4a,3gp,3g2,mj2 @ 0x5612] Could not find codec parameters for stream 0 (Video: h264 ' +
  '(avc1 / 0x31637661), none, 320x180, 713 kb/s): unspecified pixel format\n'
const TOLD_TO_END = 'Exiting normally, received signal 15.\n'

it('an ffmpeg that is told to end while it opens a file says nothing about that file', () => {
  for (const code of [255, 1, 0]) {
    expect(
      classifyFfmpegFailure({ code, signal: null, stderrTail: CANNOT_MAKE_OUT + TOLD_TO_END }),
    ).toMatchObject({
      code: 'internal',
      message: 'ffmpeg was ended by a signal that the runner did not send.',
    })
  }
})

it('neither does an ffprobe, which obeys without a word', () => {
  expect(
    classifyFfmpegFailure({ code: null, signal: 'SIGTERM', stderrTail: CANNOT_MAKE_OUT }),
  ).toMatchObject({
    code: 'internal',
  })
})

it('the same complaint of one that was left alone is of the file', () => {
  const stderrTail = `${CANNOT_MAKE_OUT}Conversion failed!\n`
  expect(classifyFfmpegFailure({ code: 1, signal: null, stderrTail })).toMatchObject({
    code: 'input_invalid',
  })
})

it('a file whose tags have such words in them is not believed', () => {
  const stderrTail = `  Metadata:\n    title           : ${TOLD_TO_END}${CANNOT_MAKE_OUT}`
  expect(classifyFfmpegFailure({ code: 1, signal: null, stderrTail })).toMatchObject({
    code: 'input_invalid',
  })
})
