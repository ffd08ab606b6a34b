import { describe, expect, it } from 'vitest'
import { clip, probeOutput, runJob, useRunnerHarness } from './helpers/runnerHarness.ts'
import { image } from '../fixtures/renditions.ts'
import { readPixels } from './helpers/pixels.ts'

useRunnerHarness()

type RenditionFields = Parameters<typeof image>[0]

/** Makes a frame as PNG, and reads its pixels. */
async function frame(
  name: string,
  rendition: RenditionFields,
  references: Record<string, string> = {},
) {
  const { job, finish } = await runJob(
    name,
    image({ format: 'png', ...rendition }),
    {},
    {},
    references,
  )
  if (finish.outcome !== 'completed') {
    throw new Error(JSON.stringify(finish))
  }
  const { path, video } = await probeOutput(job)
  const { width, height } = video as { width: number; height: number }
  return { width, height, ...(await readPixels(path, width, height)) }
}

const RED = [expect.closeTo(254, -1), expect.closeTo(0, -1), expect.closeTo(0, -1)]
const BLUE = [expect.closeTo(0, -1), expect.closeTo(0, -1), expect.closeTo(254, -1)]

// corners.mp4 is grey, with red at its top left and blue at its bottom right.
describe('a frame', () => {
  it('is rotated clockwise', async () => {
    const { width, height, at } = await frame('corners.mp4', { rotate: 90 })
    expect([width, height]).toEqual([90, 160])
    expect([at(85, 5), at(5, 155)]).toEqual([RED, BLUE])
  })

  it('is flipped horizontally, vertically, and in both directions', async () => {
    expect((await frame('corners.mp4', { flip: 'h' })).at(155, 5)).toEqual(RED)
    expect((await frame('corners.mp4', { flip: 'v' })).at(5, 85)).toEqual(RED)
    expect((await frame('corners.mp4', { flip: 'hv' })).at(5, 5)).toEqual(BLUE)
  })

  it('of a phone’s video is made upright before it is rotated', async () => {
    const upright = await frame('phone.mov', {})
    expect([upright.width, upright.height]).toEqual([180, 320])
    const rotated = await frame('phone.mov', { rotate: 90 })
    expect([rotated.width, rotated.height]).toEqual([320, 180])
  })

  it('keeps its focal point when it is cropped', async () => {
    const box = { width: 40, height: 40, resizeMode: 'crop' } as const
    const low = await frame('corners.mp4', { ...box, focusX: 1, focusY: 1 })
    expect(low.at(36, 36)).toEqual(BLUE)
    const high = await frame('corners.mp4', { ...box, focusX: 0, focusY: 0 })
    expect(high.at(3, 3)).toEqual(RED)
  })

  it('has the watermark at the requested position and size', async () => {
    const watermarked = { watermark: 'logo.png', watermarkSize: 50 } as const
    const logo = { 'logo.png': clip('red.png') }
    const { at } = await frame(
      'corners.mp4',
      { ...watermarked, watermarkGravity: 'north_east' },
      logo,
    )
    expect(at(120, 10)).toEqual(RED)
    expect(at(60, 40)).not.toEqual(RED)
    expect(at(155, 85)).toEqual(BLUE)
  })

  it('is padded with bars that are not black when the background is blur', async () => {
    const box = { width: 160, height: 160, resizeMode: 'pad', background: 'blur' } as const
    const { width, height, at } = await frame('corners.mp4', box)
    expect([width, height]).toEqual([160, 160])
    expect(at(80, 5)).not.toEqual([0, 0, 0])
  })

  it('is rotated when it is picked as the best frame', async () => {
    const rendition = {
      pick: 'best',
      rotate: 180,
      watermark: 'logo.png',
      watermarkSize: 25,
      watermarkGravity: 'south_west',
    } as const
    const { at } = await frame('corners.mp4', rendition, { 'logo.png': clip('red.png') })
    expect(at(5, 5)).toEqual(BLUE)
    // Without the watermark, this corner is grey.
    expect(at(15, 75)).toEqual(RED)
  })
})
