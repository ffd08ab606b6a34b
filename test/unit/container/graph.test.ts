import { describe, expect, it } from 'vitest'
import { editGraph } from '../../../container/ffmpeg/edit/graph.ts'
import type { PlanContext, InputFile } from '../../../container/ffmpeg/renderPlan.ts'
import { audio, image, preview, stream, video } from '../../fixtures/renditions.ts'
import { planOf, probed } from '../../fixtures/probes.ts'

const VIDEO = { unit: 2, shortSide: 720, pixels: 'yuv420p' } as const
const OWN_SIZE = { ...VIDEO, shortSide: null }
const FULL_HD = { width: 1920, height: 1080 }

function context(probe = probed(), others: Record<string, InputFile['probe']> = {}): PlanContext {
  const file = (path: string, found: InputFile['probe']): InputFile => ({
    path,
    url: path,
    probe: found,
  })
  return {
    source: { ...file('IN', probe), probe },
    references: new Map(Object.entries(others).map(([path, found]) => [path, file(path, found)])),
    folder: '/scratch',
  }
}

describe('the graph', () => {
  it('of a stream has the picture at its own size, for rungs to be made of', () => {
    const source = context(probed({ display: FULL_HD, upright: FULL_HD }))
    const graph = editGraph(stream(), source, { picture: OWN_SIZE, sound: true })
    expect(graph).toMatchObject({ size: FULL_HD, seconds: 10, frameRate: 30, inputCount: 1 })
    expect([graph.video, graph.audio]).toEqual(['[joined]', '[sound]'])
  })

  it('of sound alone has no picture, whatever there is', () => {
    const graph = editGraph(audio(), context(), { picture: null, sound: true })
    expect(graph).toMatchObject({ video: null, audio: '[sound]', size: null })
    expect(graph.filters).not.toContain('V:0')
  })

  it('of a frame takes the second that it is told', () => {
    const take = { startSeconds: 4, lengthSeconds: null }
    const picture = { unit: 1, shortSide: null, pixels: 'rgb24' } as const
    const graph = editGraph(image(), context(), { picture, sound: false, take })
    expect(graph.inputs.join(' ')).toContain('-ss 4 -i IN')
    expect(graph).toMatchObject({ audio: null, seconds: 6 })
  })

  it('of a preview has its part and its speed', () => {
    const wish = preview({ startSeconds: 2, endSeconds: 6, speed: 2, frameRate: 12 })
    const graph = editGraph(wish, context(), { picture: OWN_SIZE, sound: false })
    expect(graph).toMatchObject({ seconds: 2, frameRate: 12 })
    expect(graph.filters).toContain('setpts=PTS/2,fps=12')
  })

  it('has limits before each input', () => {
    const others = { 'a.mp4': probed(), 'b.mp4': probed({}, null) }
    const wish = video({ append: ['a.mp4', 'b.mp4'] })
    const graph = editGraph(wish, context(probed(), others), { picture: VIDEO, sound: true })
    const count = (option: string) => graph.inputs.filter((each) => each === option).length
    expect([count('-i'), count('-format_whitelist'), count('-max_pixels')]).toEqual([3, 3, 3])
    expect(graph).toMatchObject({ seconds: 30, inputCount: 3 })
    expect(graph.filters).toContain('anullsrc')
  })

  it('reads a watermark only once the runner has made it anew', () => {
    const wish = video({ watermark: 'logo.png' })
    const graph = editGraph(wish, context(probed(), { 'logo.png': null }), {
      picture: VIDEO,
      sound: true,
    })
    expect(graph.before).toHaveLength(1)
    expect(graph.inputs.join(' ')).toContain('-protocol_whitelist file -f png_pipe -i /scratch/')
  })

  it('speeds sound up by steps that blend, and keeps the frame rate', () => {
    const graph = editGraph(video({ speed: 4 }), context(), { picture: VIDEO, sound: true })
    expect(graph.filters.match(/atempo=2\.0+/g)).toHaveLength(2)
    expect(graph.frameRate).toBe(30)
  })

  it('cannot fade out what has no known end', () => {
    const probe = { ...probed(), contentSeconds: null }
    const wish = { picture: VIDEO, sound: true }
    expect(() => editGraph(video({ fadeOutSeconds: 1 }), context(probe), wish)).toThrow(
      /does not say how long it is/,
    )
  })
})

describe('a plan', () => {
  it('leaves alone what a key asks for and is there already', () => {
    const wish = { frameRate: 30, videoKbps: 2_000, audioKbps: 96, endSeconds: 60 }
    expect(planOf(video(wish), probed()).mode).toBe('remux')
  })

  it.each([
    [{ videoKbps: 500 }, /500 kbit\/s at the most/],
    [{ frameRate: 25 }, /frame rate becomes 25/],
    [{ rotate: 90 } as const, /turned/],
    [{ speed: 2 }, /speed/],
    [{ fadeInSeconds: 1 }, /faded/],
    [{ videoCodec: 'av1' } as const, /h264 becomes av1/],
  ])('encodes the picture for %j', (wish, reason) => {
    const { video: picture } = planOf(video(wish), probed())
    expect(picture).toEqual({ action: 'encode', reason: expect.stringMatching(reason) })
  })

  it.each([
    [{ audioKbps: 64 }, /128 kbit\/s, more than the 64/],
    [{ loudness: 23 }, /loudness/],
    [{ audioCodec: 'mp3' } as const, /aac becomes mp3/],
  ])('encodes the sound alone for %j', (wish, reason) => {
    const { video: picture, audio: sound } = planOf(video(wish), probed())
    expect(picture?.action).toBe('copy')
    expect(sound).toEqual({ action: 'encode', reason: expect.stringMatching(reason) })
  })

  it('copies a file that is small enough for its size already', () => {
    const probe = probed({ bitRate: 9_000_000 })
    expect(planOf(video({ sizeKilobytes: 50 }), probe).mode).toBe('remux')
    probe.facts.sizeBytes = 5_000_000
    expect(planOf(video({ sizeKilobytes: 4_000 }), probe).video?.reason).toMatch(/4000 kB/)
  })

  it('refuses to copy sound that is changed', () => {
    expect(() => planOf(video({ audioCodec: 'copy', speed: 2 }), probed())).toThrow(
      /cannot be copied \(ac_copy\), since the speed changes/,
    )
  })
})
