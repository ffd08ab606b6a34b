/** Previews of videos that do not move, are slow, or have one frame. */
import { beforeAll, describe, expect, it } from 'vitest'
import { args } from '../../fixtures/args.ts'
import { preview } from '../../fixtures/renditions.ts'
import { H264, plainColor, testVideo } from '../helpers/clips/inputs.ts'
import { runJob, useRunnerHarness } from '../helpers/runnerHarness.ts'
import { ffmpeg } from './caseFiles.ts'

useRunnerHarness()

beforeAll(async () => {
  await ffmpeg(args`${plainColor('black', '160x90', 25, 5)} ${H264} static.mp4`)
  await ffmpeg(args`${testVideo('160x90', '1/2', 10)} ${H264} slow.mp4`)
})

const FORMATS = ['webp', 'gif', 'mp4'] as const

describe('a preview', () => {
  it.each(FORMATS)(
    'of a video that does not move is as long as requested, as %s',
    async (format) => {
      for (const [endSeconds, seconds] of [
        [null, 3],
        [1.2, 1.2],
      ] as const) {
        const { finish } = await runJob('static.mp4', preview({ format, endSeconds }))
        expect(finish).toMatchObject({
          outcome: 'completed',
          output: { durationSeconds: expect.closeTo(seconds, 0) },
        })
      }
    },
  )

  it.each(FORMATS)('of one frame in two seconds is as long as requested, as %s', async (format) => {
    for (const startSeconds of [0, 3]) {
      const endSeconds = startSeconds + 3
      const { finish } = await runJob('slow.mp4', preview({ format, startSeconds, endSeconds }))
      expect(finish).toMatchObject({
        outcome: 'completed',
        output: { durationSeconds: expect.closeTo(3, 1) },
      })
    }
  })

  it.each(FORMATS)('of a video of one frame has that frame, as %s', async (format) => {
    const { finish } = await runJob('one-frame.mp4', preview({ format }))
    expect(finish).toMatchObject({ outcome: 'completed', output: { height: 90 } })
  })
})
