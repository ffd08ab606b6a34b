/** A query string is added to the relative URLs in playlists, manifests and storyboards. */
import { describe, expect, it } from 'vitest'
import { isPlaylist, containsFileNames, addQuery } from '../../../src/domain/playlistQuery.ts'

const QUERY = 'exp=1&key=k&sig=a.b'

describe('a query string is added', () => {
  it('to the relative URLs in an HLS playlist, and to nothing else', () => {
    const text = [
      '#EXTM3U',
      '#EXT-X-MAP:URI="init.mp4",BYTERANGE="10@0"',
      '#EXT-X-KEY:METHOD=NONE,URI="https://elsewhere.example/key"',
      '#EXTINF:4.0,a title.mp4',
      'v_1.m4s',
      '',
      'https://elsewhere.example/v_2.m4s\r',
      'v_3.m4s\r',
    ].join('\n')
    expect(addQuery('v.m3u8', text, QUERY)).toBe(
      text
        .replace('"init.mp4"', `"init.mp4?${QUERY}"`)
        .replace('v_1.m4s', `v_1.m4s?${QUERY}`)
        .replace('v_3.m4s', `v_3.m4s?${QUERY}`),
    )
  })

  it('to the templates of a DASH manifest, escaped for XML', () => {
    const template = (query: string) =>
      `<SegmentTemplate media="$RepresentationID$_$Number%05d$.m4s${query}" initialization="init_$RepresentationID$.mp4${query}" timescale="1"/><BaseURL>a/</BaseURL>`
    expect(addQuery('manifest.mpd', template(''), QUERY)).toBe(
      template(`?${QUERY.replaceAll('&', '&amp;')}`),
    )
  })

  it('to the sheets of a storyboard, before the fragment, and not to the text of subtitles', () => {
    const text =
      'WEBVTT\n\n00:00.000 --> 00:01.000\nsprite_1.jpg#xywh=0,0,160,90\n\n00:02.000 --> 00:03.000\nsee clip.mp4\nclip.mp4\n'
    expect(addQuery('sprite.vtt', text, QUERY)).toBe(
      text.replace('sprite_1.jpg#', `sprite_1.jpg?${QUERY}#`),
    )
  })

  it('to playlists, manifests and WebVTT files, and not to media files', () => {
    expect(addQuery('v_1.m4s', 'v_1.m4s', QUERY)).toBe('v_1.m4s')
    expect(['a.m3u8', 'a.mpd', 'a.vtt', 'a.m4s', 'a.mp4'].filter(containsFileNames)).toEqual([
      'a.m3u8',
      'a.mpd',
      'a.vtt',
    ])
    expect(isPlaylist('a.vtt')).toBe(false)
  })
})
