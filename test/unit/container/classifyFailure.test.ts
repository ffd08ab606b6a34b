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

it('a process that SIGTERM ended is not classified as an invalid file', () => {
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

const REINITIALIZED = `  Metadata:
    title           : [q @ 0x1] No cause at all
Stream mapping:
  Stream #0:0 (h264) -> setparams:default
[graph 0 input from stream 0:0 @ 0x7f88b800ff00] Invalid color space
[fc#0 @ 0x55558a1e3000] Error reinitializing filters!
[fc#0 @ 0x55558a1e3000] Task finished with error code: -22 (Invalid argument)
[vost#0:0/wrapped_avframe @ 0x55558a23bc80] Could not open encoder before EOF
[out#0/null @ 0x55558a1e5940] Nothing was written into output file, because at least one of its streams received no packets.
frame=    0 fps=0.0 q=0.0 Lsize=       0KiB time=N/A bitrate=N/A speed=N/A
Conversion failed!
`

it.each([
  ['the line that states the cause', REINITIALIZED, 'ffmpeg failed: Invalid color space'],
  [
    'the cause without the names of nested components',
    "[Parsed_aresample_0 @ 0x7fc0] [SWR @ 0x7fc1] Input channel layout '8 channels' is not supported\nConversion failed!\n",
    "ffmpeg failed: Input channel layout '8 channels' is not supported",
  ],
  [
    'neither an address nor a folder',
    '[hls @ 0x1] Failed to open http://127.0.0.1:4000/s3cret/1 for /tmp/reelqueue-1/segments/v.m3u8\n',
    'ffmpeg failed: Failed to open the file for v.m3u8',
  ],
  ['that ffmpeg gave no reason', 'Conversion failed!\n', 'ffmpeg failed and gave no reason.'],
])('a failure that no rule classifies states %s', (_, stderrTail, message) => {
  expect(classifyFfmpegFailure({ code: 234, signal: null, stderrTail })).toMatchObject({
    code: 'internal',
    message,
  })
})

it('a crash states the signal and the last line before it', () => {
  const stderrTail = '[libx264 @ 0x1] broken\n'
  expect(classifyFfmpegFailure({ code: null, signal: 'SIGSEGV', stderrTail })).toMatchObject({
    message: 'ffmpeg was ended by SIGSEGV: broken',
  })
})
