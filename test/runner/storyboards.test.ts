import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { RenditionOf } from '../../src/contract/rendition.ts'
import { harness, runJob, useRunnerHarness } from './helpers/runnerHarness.ts'
import { sprite } from '../fixtures/renditions.ts'
import { expectFullCoverage, parseVtt } from '../fixtures/storyboardCues.ts'
import { readPixels, readSize } from './helpers/pixels.ts'

useRunnerHarness()

/** Makes a storyboard, saves its files, and reads its cues. */
async function makeStoryboard(name: string, rendition: Partial<RenditionOf<'sprite'>> = {}) {
  const { job, finish } = await runJob(name, sprite(rendition))
  if (finish.outcome !== 'packaged') {
    throw new Error(JSON.stringify(finish))
  }
  for (const [file, bytes] of job.files) {
    await writeFile(join(harness.scratch, file), bytes)
  }
  const cues = parseVtt(String(job.files.get('sprite.vtt')))
  const sheets = [...job.files.keys()].filter((file) => file !== 'sprite.vtt').toSorted()
  return { job, finish, cues, sheets, path: (sheet: string) => join(harness.scratch, sheet) }
}

describe('a storyboard', () => {
  it('shows the frame of each interval', async () => {
    const { cues, sheets, path, finish } = await makeStoryboard('clock.mp4', {
      intervalSeconds: 1,
      columns: 3,
      format: 'png',
    })
    expect(finish).toMatchObject({
      files: 3,
      plan: { mode: 'package' },
      output: { format: 'vtt' },
    })
    expectFullCoverage(cues, 12)
    expect(cues).toHaveLength(12)
    expect(sheets).toEqual(['sprite_001.png', 'sprite_002.png'])
    for (const sheet of sheets) {
      expect(await readSize(path(sheet))).toEqual([480, 270])
    }
    for (const { start, sheet, at } of cues) {
      const [x = 0, y = 0, width, height] = at
      expect([width, height]).toEqual([160, 90])
      const { at: pixel } = await readPixels(path(sheet), 480, 270)
      // The luma of the clip in second n is 20 + 20n, in limited range (16 to 235).
      const expected = ((20 + 20 * start - 16) * 255) / 219
      expect(Math.abs(Number(pixel(x + 80, y + 45)[0]) - Math.min(255, expected))).toBeLessThan(4)
    }
    // 12 of 18 cells have a frame. The others, on the last sheet, are black.
    const { at: pixel } = await readPixels(path('sprite_002.png'), 480, 270)
    expect(pixel(240, 225)).toEqual([0, 0, 0])
  })

  it('of a short video has a frame every half second, on one sheet with a single row', async () => {
    const { cues, sheets, path } = await makeStoryboard('clip.mp4')
    expect(cues).toHaveLength(8)
    expectFullCoverage(cues, 4)
    expect(sheets).toEqual(['sprite_001.jpg'])
    expect(await readSize(path('sprite_001.jpg'))).toEqual([1280, 90])
  })

  it.each(['jpg', 'png', 'webp'] as const)('is encoded to %s', async (format) => {
    const { sheets, path } = await makeStoryboard('silent.mp4', { format, columns: 1, width: 128 })
    expect(sheets).toEqual([`sprite_001.${format}`, `sprite_002.${format}`])
    expect(await readSize(path(`sprite_002.${format}`))).toEqual([128, 72])
  })

  it('is upright, has square pixels, and has the requested size', async () => {
    const phone = await makeStoryboard('phone.mov')
    expect(phone.cues[0]?.at).toEqual([0, 0, 160, 284])
    const wide = await makeStoryboard('anamorphic.mp4', { height: 72 })
    expect(wide.cues[0]?.at).toEqual([0, 0, 128, 72])
    const square = await makeStoryboard('clip.mp4', { width: 64, height: 64 })
    expect(square.cues[0]?.at).toEqual([0, 0, 64, 64])
  })

  it('is made from key frames only, where they are frequent enough', async () => {
    const { finish, cues, path } = await makeStoryboard('long.mp4', { format: 'png' })
    expect((finish as { command: string }).command).toContain('-skip_frame nokey')
    expect(cues).toHaveLength(100)
    expectFullCoverage(cues, 100)
    const { at: pixel } = await readPixels(path('sprite_001.png'), 1600, 900)
    // The luma of the clip is 20 at first, and rises by 2 each second.
    expect(pixel(80, 45)[0]).toBeLessThan(20)
    expect(Math.abs(Number(pixel(1520, 855)[0]) - ((218 - 16) * 255) / 219)).toBeLessThan(8)
  })

  it.each(['one-frame.mp4', 'short.mp4', 'one-fps.mp4', 'vfr.mp4', 'clip.ts'])(
    'of %s covers the whole duration',
    async (name) => {
      const { cues, finish } = await makeStoryboard(name)
      const length = (finish as { input: { durationSeconds: number } }).input.durationSeconds
      expectFullCoverage(cues, cues.at(-1)!.end)
      expect(Math.abs(cues.at(-1)!.end - length)).toBeLessThan(0.2)
    },
  )

  it('of half a file covers the half that is there', async () => {
    const { cues, finish } = await makeStoryboard('half.mp4')
    expect(finish).toMatchObject({ input: { durationSeconds: expect.closeTo(4, 1) } })
    expectFullCoverage(cues, cues.at(-1)!.end)
    expect(cues.at(-1)!.end).toBeGreaterThan(1.5)
    expect(cues.at(-1)!.end).toBeLessThan(3)
  })

  it.each([
    ['audio-only.m4a', {}, 'no video stream'],
    ['long.mp4', { columns: 1, intervalSeconds: 0.5 }, 'would have 200 sheets; the maximum is 100'],
  ])('of %s is rejected with a readable message', async (name, rendition, message) => {
    const { finish } = await runJob(name, sprite(rendition))
    expect(finish).toMatchObject({
      errorCode: 'unsupported',
      message: expect.stringContaining(message),
    })
  })
})
