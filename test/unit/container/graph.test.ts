import { describe, expect, it } from 'vitest'
import { planEdits } from '../../../container/ffmpeg/edit/planEdits.ts'
import type { OutputRequest } from '../../../container/ffmpeg/edit/describeOutput.ts'
import type { RequestedEdits } from '../../../container/ffmpeg/edit/edits.ts'
import type { PlanContext, InputFile } from '../../../container/ffmpeg/renderPlan.ts'
import { audio, image, preview, stream, video } from '../../fixtures/renditions.ts'
import { probed } from '../../fixtures/probes.ts'

const VIDEO = { unit: 2, shortSide: 720, pixels: 'yuv420p' } as const
const OWN_SIZE = { ...VIDEO, shortSide: null }
const FULL_HD = { width: 1920, height: 1080 }

function context(
  probe = probed(),
  references: Record<string, InputFile['probe']> = {},
): PlanContext {
  const file = (path: string, found: InputFile['probe']): InputFile => ({
    path,
    url: path,
    probe: found,
  })
  return {
    source: { ...file('IN', probe), probe },
    references: new Map(
      Object.entries(references).map(([path, found]) => [path, file(path, found)]),
    ),
    folder: '/scratch',
  }
}

/** Plans the edits, and returns the filters of all tracks together. */
function plan(rendition: RequestedEdits, request: OutputRequest, source = context()) {
  const { output, inputs, graph } = planEdits(rendition, source, request)
  const all = graph.select({ video: true, audio: true })
  return {
    output,
    inputs,
    ...all,
    filters: all.filters.join(';'),
    opened: [...inputs.files, ...inputs.images],
  }
}

describe('the edits', () => {
  it('of a stream keep the size of the video', () => {
    const source = context(probed({ display: FULL_HD, upright: FULL_HD }))
    const { output, inputs, ...graph } = plan(stream(), { frame: OWN_SIZE, audio: true }, source)
    expect(output).toMatchObject({ size: FULL_HD, seconds: 10, frameRate: 30 })
    // The second input is the marker of the audio's start.
    expect(inputs.count).toBe(2)
    expect([graph.video, graph.audio]).toEqual(['[video]', '[audio]'])
  })

  it('of audio leave out the video', () => {
    const { output, ...graph } = plan(audio(), { frame: null, audio: true })
    expect(graph).toMatchObject({ video: null, audio: '[audio]' })
    expect(output.size).toBe(null)
    expect(graph.filters).not.toContain('V:0')
  })

  it('of an image begin at the given second', () => {
    const trim = { startSeconds: 4, durationSeconds: null }
    const frame = { unit: 1, shortSide: null, pixels: 'rgb24' } as const
    const { output, opened, ...graph } = plan(image(), { frame, audio: false, trim })
    expect(opened.join(' ')).toContain('-ss 4 -i IN')
    expect(graph.audio).toBe(null)
    expect(output.seconds).toBe(6)
  })

  it('of a preview apply the trim, the speed and the frame rate', () => {
    const fields = preview({ startSeconds: 2, endSeconds: 6, speed: 2, frameRate: 12 })
    const { output, filters } = plan(fields, { frame: OWN_SIZE, audio: false })
    expect(output).toMatchObject({ seconds: 2, frameRate: 12 })
    expect(filters).toContain('setpts=PTS/2,fps=12')
  })

  it('of joined files set limits for each input, and add silence to a file without audio', () => {
    const references = { 'a.mp4': probed(), 'b.mp4': probed({}, null) }
    const fields = video({ append: ['a.mp4', 'b.mp4'] })
    const source = context(probed(), references)
    const { output, inputs, ...graph } = plan(fields, { frame: VIDEO, audio: true }, source)
    const count = (option: string) => graph.opened.filter((each) => each === option).length
    expect([count('-i'), count('-format_whitelist'), count('-max_pixels')]).toEqual([3, 3, 3])
    expect([output.seconds, inputs.count]).toEqual([30, 3])
    expect(graph.filters).toContain('anullsrc')
  })

  it('open the watermark as the PNG that a step makes of it', () => {
    const fields = video({ watermark: 'logo.png' })
    const source = context(probed(), { 'logo.png': null })
    const { inputs, opened } = plan(fields, { frame: VIDEO, audio: true }, source)
    expect(inputs.steps).toHaveLength(1)
    expect(opened.join(' ')).toContain('-protocol_whitelist file -f png_pipe -i /scratch/')
  })

  it('change the audio speed in two filters of factor 2, and keep the frame rate', () => {
    const { output, filters } = plan(video({ speed: 4 }), { frame: VIDEO, audio: true })
    expect(filters.match(/atempo=2\.0+/g)).toHaveLength(2)
    expect(output.frameRate).toBe(30)
  })

  it('cannot fade out without a known duration', () => {
    const source = context({
      ...probed({ endSeconds: null }, { endSeconds: null }),
      contentSeconds: null,
    })
    const request = { frame: VIDEO, audio: true }
    expect(() => plan(video({ fadeOutSeconds: 1 }), request, source)).toThrow(
      /^The duration of the source or of an appended file is unknown/,
    )
  })
})

describe('the filters', () => {
  const everything = video({
    width: 400,
    height: 400,
    resizeMode: 'pad',
    background: 'ff8800',
    rotate: 90,
    flip: 'h',
    speed: 2,
    frameRate: 25,
    append: ['b.mp4'],
    watermark: 'logo.png',
    subtitles: 'a.srt',
    subtitleMode: 'burn',
    fadeInSeconds: 1,
    fadeOutSeconds: 1,
  })
  const source = context(probed({ interlaced: true }), {
    'b.mp4': probed(),
    'logo.png': null,
    'a.srt': null,
  })

  it('are applied in the order of the pipeline', () => {
    const { graph } = planEdits(everything, source, { frame: VIDEO, audio: true })
    const { filters } = graph.select({ video: true, audio: true, loudness: ['loudnorm'] })
    expect(filters).toHaveLength(1)
    const names = [...String(filters).matchAll(/(?:^|[\],;])([a-z]+)(?==|,|;|\[|$)/g)].map(
      ([, name]) => name,
    )
    expect(names.join(' ')).toBe(
      [
        'select scale pad yadif setpts fps tpad trim transpose hflip scale format setsar setparams pad',
        'asetpts aresample aformat atempo apad atrim',
        'select scale pad setpts fps scale format setsar setparams pad',
        'asetpts aresample aformat atempo',
        'concat fps',
        'scale format overlay ass fade fade',
        'loudnorm afade afade',
      ].join(' '),
    )
  })

  it('of one track leave out the other', () => {
    const { graph } = planEdits(everything, source, { frame: VIDEO, audio: true })
    const onlyVideo = graph.select({ video: true, audio: false })
    expect(onlyVideo).toMatchObject({ video: '[v]', audio: null })
    expect(onlyVideo.filters.join(';')).toContain('concat=n=2:v=1:a=0[uneven]')
    expect(onlyVideo.filters.join(';')).not.toMatch(/:a:0|afade/)
    const onlyAudio = graph.select({ video: false, audio: true })
    expect(onlyAudio).toMatchObject({ video: null, audio: '[a]' })
    expect(onlyAudio.filters.join(';')).toContain('concat=n=2:v=0:a=1[audio]')
    expect(onlyAudio.filters.join(';')).not.toMatch(/V:0|overlay/)
  })

  it('are empty when no track is selected', () => {
    const { graph } = planEdits(everything, source, { frame: VIDEO, audio: true })
    expect(graph.select({ video: false, audio: false })).toEqual({
      filters: [],
      video: null,
      audio: null,
    })
  })
})
