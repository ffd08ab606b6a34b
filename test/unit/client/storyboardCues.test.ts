import { expect, it } from 'vitest'
import { parseStoryboard } from '../../../src/embed/storyboard.ts'

it('the player reads the cues of a storyboard, and the signature in its file names', () => {
  const text = [
    'WEBVTT',
    '',
    '00:00:00.000 --> 00:00:05.000',
    'sprite_001.jpg?sig=a-b#xywh=0,0,160,90',
    '',
    '01:00:05.500 --> 01:00:10.000',
    'sprite_002.jpg#xywh=160,90,160,90',
    '',
  ].join('\n')
  const url = 'http://service/t/t_sprite/clip.mp4/sprite.vtt'
  expect(parseStoryboard(text, url)).toEqual([
    {
      startSeconds: 0,
      url: 'http://service/t/t_sprite/clip.mp4/sprite_001.jpg?sig=a-b',
      x: 0,
      y: 0,
      width: 160,
      height: 90,
    },
    {
      startSeconds: 3_605.5,
      url: 'http://service/t/t_sprite/clip.mp4/sprite_002.jpg',
      x: 160,
      y: 90,
      width: 160,
      height: 90,
    },
  ])
  expect(parseStoryboard('WEBVTT\n', url)).toEqual([])
})
