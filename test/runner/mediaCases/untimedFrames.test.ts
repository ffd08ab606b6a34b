/** AVI files with frames that are shown in another order than they are decoded in. */
import { beforeAll, expect, it } from 'vitest'
import { args } from '../../fixtures/args.ts'
import { image, video } from '../../fixtures/renditions.ts'
import { AAC, plainColor, tone } from '../helpers/clips/inputs.ts'
import { readFrameTimes, readPixelsAt } from '../helpers/measureOutput.ts'
import { probeOutput, runJob, useRunnerHarness } from '../helpers/runnerHarness.ts'
import { ffmpeg } from './caseFiles.ts'

useRunnerHarness()

beforeAll(async () => {
  // The luma of frame n is 16 + 8n. B-frames of a uniform grey need `b-adapt=0`.
  const grey = args`${plainColor('black', '128x96', 25, 1)} ${tone(1)} -vf geq=lum='16+8*N':cb=128:cr=128 -color_range tv`
  const order = args`-bf 2 -g 10 -x264-params b-adapt=0:scenecut=0:keyint=10`
  await ffmpeg(
    args`${grey} -c:v libx264 -preset veryfast -pix_fmt yuv420p -qp 4 ${order} ${AAC} order.mp4`,
  )
  await ffmpeg(
    args`${grey} -c:v libx265 -preset ultrafast -x265-params log-level=none:bframes=2 -pix_fmt yuv420p
    -vtag HEVC ${AAC} order-hevc.avi`,
  )
  await ffmpeg(
    args`-i order.mp4 -c:a copy -c:v libx264 -preset veryfast -pix_fmt yuv420p -qp 4 ${order} order.avi`,
  )
  // A copy declares twice the frame rate.
  await ffmpeg(args`-i order.mp4 -c copy copied.avi`)
})

async function readNumber(path: string, second = 0): Promise<number> {
  const [[red = 0] = []] = await readPixelsAt(path, second, [40, 30])
  return Math.round((red * 219) / 255 / 8)
}

const COPYABLE = { quality: 100, width: 128, height: 96 } as const
const REASON = 'the file does not state when each frame is shown'

it.each([
  ['order.avi', 'mkv', 'h264'],
  ['order.avi', 'mp4', 'h264'],
  ['copied.avi', 'mkv', 'h264'],
  ['order-hevc.avi', 'mkv', 'h265'],
] as const)('%s is encoded for %s, with its frames in place', async (name, format, videoCodec) => {
  const { job, finish } = await runJob(name, video({ ...COPYABLE, format, videoCodec }))
  expect(finish).toMatchObject({
    outcome: 'completed',
    plan: { video: { action: 'encode', reason: REASON } },
  })
  const { path } = await probeOutput(job)
  const times = await readFrameTimes(path)
  expect(Math.abs(times.length - 25)).toBeLessThanOrEqual(name === 'copied.avi' ? 1 : 0)
  expect(Number(times[0])).toBeLessThan(0.01)
  expect([await readNumber(path), await readNumber(path, 0.52)]).toEqual([0, 13])
})

it('a part begins at the requested frame', async () => {
  const { job, finish } = await runJob('order.avi', video({ startSeconds: 0.52, endSeconds: 0.8 }))
  expect(finish).toMatchObject({ outcome: 'completed' })
  const { path, audio } = await probeOutput(job)
  expect(await readNumber(path)).toBe(13)
  expect(await readFrameTimes(path)).toHaveLength(7)
  expect(Math.abs(Number(audio.duration) - 0.28)).toBeLessThan(0.06)
  const frame = await runJob('order.avi', image({ atSeconds: 0.6, format: 'png' }))
  expect(await readNumber((await probeOutput(frame.job)).path)).toBe(15)
})

it('a file that states when frames are shown is copied', async () => {
  const { finish } = await runJob('order.mp4', video({ ...COPYABLE, format: 'mkv' }))
  expect(finish).toMatchObject({ outcome: 'completed', plan: { video: { action: 'copy' } } })
})
