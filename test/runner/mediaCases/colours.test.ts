/** Colour tags that are reserved or invalid, and colours that cannot be converted. */
import { beforeAll, describe, expect, it } from 'vitest'
import { args } from '../../fixtures/args.ts'
import { image, sprite, video } from '../../fixtures/renditions.ts'
import { H264, plainColor } from '../helpers/clips/inputs.ts'
import { nameColour, readPixelsAt } from '../helpers/measureOutput.ts'
import { probeOutput, runJob, useRunnerHarness } from '../helpers/runnerHarness.ts'
import { changeBytes, ffmpeg, formatBox } from './caseFiles.ts'

useRunnerHarness()

/** Primaries, transfer and matrix by their numbers in ITU-T H.273. */
const TAGS: [string, number, number, number][] = [
  ['reserved', 3, 3, 3],
  ['reserved-matrix', 1, 1, 3],
  ['reserved-primaries', 3, 1, 1],
  ['rgb-matrix', 1, 1, 0],
  ['unusual-matrix', 1, 1, 11],
  ['pq-reserved', 3, 16, 3],
  ['hlg-reserved-primaries', 3, 18, 9],
  ['pq-rgb-matrix', 9, 16, 0],
]

beforeAll(async () => {
  for (const [name, primaries, transfer, matrix] of TAGS) {
    const tags = `colour_primaries=${primaries}:transfer_characteristics=${transfer}:matrix_coefficients=${matrix}`
    await ffmpeg(
      args`${plainColor('red', '160x90', 10, 1)} ${H264} -bsf:v h264_metadata=${tags} ${name}.mp4`,
    )
  }
  await ffmpeg(args`-i hevc.mkv -c copy -tag:v hvc1 hevc.mp4`)
  await changeBytes('hevc.mp4', 'dolby5.mp4', addDolbyVision)
})

/** Adds a configuration of Dolby Vision profile 5 to an MP4 file whose index is at its end. */
function addDolbyVision(bytes: Buffer): Buffer {
  const at = bytes.indexOf('hvcC') - 4
  const end = at + bytes.readUInt32BE(at)
  const box = formatBox('dvcC', Buffer.concat([Buffer.from('01000a0d00', 'hex'), Buffer.alloc(19)]))
  const changed = Buffer.concat([bytes.subarray(0, end), box, bytes.subarray(end)])
  for (const type of ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd', 'hvc1']) {
    const start = bytes.lastIndexOf(type, at) - 4
    changed.writeUInt32BE(changed.readUInt32BE(start) + box.length, start)
  }
  return changed
}

describe('colour tags', () => {
  it.each(TAGS)(
    'of %s.mp4 do not prevent outputs in which red stays red',
    async (name, _, transfer) => {
      for (const rendition of [video({ width: 96 }), image({ format: 'png' })]) {
        const { job, finish } = await runJob(`${name}.mp4`, rendition)
        expect(finish).toMatchObject({ outcome: 'completed' })
        const { path } = await probeOutput(job)
        const [pixel = []] = await readPixelsAt(path, 0, [40, 30])
        const isHdr = transfer > 15
        expect(isHdr ? Number(pixel[0]) > Number(pixel[1]) : nameColour(pixel)).toBe(
          isHdr ? true : 'red',
        )
      }
      expect((await runJob(`${name}.mp4`, sprite())).finish.outcome).toBe('packaged')
    },
  )
})

it('colours of Dolby Vision that cannot be converted are rejected', async () => {
  const { finish } = await runJob('dolby5.mp4', video({ width: 96 }))
  expect(finish).toMatchObject({
    errorCode: 'unsupported',
    message:
      'The video (hevc) is Dolby Vision of profile 5, whose colours cannot be converted, so no video can be made from it.',
  })
})
