import { describe, expect, it } from 'vitest'
import { retimeSubtitles } from '../../../container/ffmpeg/edit/subtitleTiming.ts'

describe('subtitle cues', () => {
  const span = { startSeconds: 10, durationSeconds: 20, speed: 2 }

  it('of SRT are trimmed, renumbered, and converted to the times of the output', () => {
    const srt = [
      '1\n00:00:05,000 --> 00:00:06,000\nbefore',
      '2\n00:00:09,000 --> 00:00:12,000\na\n\nb',
      '3\n00:00:29,000 --> 01:00:00,000\nc',
    ].join('\n\n')
    expect(retimeSubtitles(srt, 'srt', span)).toEqual({
      read: 3,
      kept: 2,
      text: '1\n00:00:00,000 --> 00:00:01,000\na\n\nb\n\n2\n00:00:09,500 --> 00:00:10,000\nc\n',
    })
  })

  it('of ASS are converted to the times of the output, and the header is kept', () => {
    const ass = 'PlayResX: 384\nDialogue: 0,0:00:12.50,1:00:00.00,Default,,0,0,0,,Hi, you\n'
    expect(retimeSubtitles(ass, 'ass', { ...span, durationSeconds: null }).text).toBe(
      'PlayResX: 384\nDialogue: 0,00:00:01.25,00:29:55.00,Default,,0,0,0,,Hi, you\n',
    )
  })
})
