/** Still images and animations are told apart by their leading bytes. */
import { expect, it } from 'vitest'
import { countImageBytes, readImageContent } from '../../../src/contract/imageContent.ts'
import { animatedPng, gif, webp } from '../../fixtures/images.ts'
import { png } from '../../fixtures/hostile/pictures.ts'

it.each([
  ['a.jpg', new Uint8Array(), 'still'],
  ['a.JPEG', new Uint8Array(), 'still'],
  ['a.png', png(1, 1), 'still'],
  ['a.png', new Uint8Array(), 'still'],
  ['a.png', animatedPng(3), 'animation'],
  ['a.png', animatedPng(1), 'still'],
  ['a.webp', webp(true), 'unreadable'],
  ['a.webp', webp(false), 'still'],
  ['a.gif', gif(1), 'still'],
  ['a.gif', gif(2), 'animation'],
  ['a.gif', gif(1, 5_000), 'still'],
  // The end of the first frame is not among the bytes.
  ['a.gif', gif(1, 5_000).subarray(0, 900), null],
  ['a.gif', new Uint8Array(), null],
  ['a.mp4', gif(1), null],
  ['a.srt', gif(1), null],
])('%s', (path, bytes, content) => {
  expect(readImageContent(path, bytes)).toBe(content)
})

it('each image type has its number of leading bytes to read', () => {
  expect(['jpg', 'jpeg', 'png', 'webp', 'gif'].map((type) => countImageBytes(`a.${type}`))).toEqual(
    [0, 0, 1_048_576, 32, 4_194_304],
  )
  expect(countImageBytes('a.mp4')).toBeNull()
})
