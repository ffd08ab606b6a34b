/**
 * From what a rendition wants of its source to ffmpeg's inputs and one filter graph, for every kind
 * of variant. Owns the order in which edits are made; how each is made is in filters/.
 *
 * Each file by itself: cut, speed, rate, turn, colours, layout. Then, joined: watermark, subtitles,
 * fades. So times of subtitles and fades are those of what comes out, and a watermark and subtitles
 * are never cut off or turned.
 */
import { type Edits, type FullEdits, NO_EDITS } from './edits.ts'
import { filesOf, type GraphFile, type Take } from './inputs.ts'
import { prepareCaptions } from './subtitles.ts'
import type { Pixels } from './colour.ts'
import { join } from './concat.ts'
import { turned } from './frameLayout.ts'
import { fades, rateOf } from './timing.ts'
import { lay, prepareWatermark, watermarkInput } from './watermark.ts'
import type { Size } from './geometry.ts'
import { resolveGeometry } from '../probe/videoSource.ts'
import type { PlanContext, Step } from '../renderPlan.ts'

export interface GraphWish {
  /** null: no picture is looked at. `unit` and `shortSide` are the geometry's. */
  picture: { unit: 1 | 2; shortSide: number | null; pixels: Pixels } | null
  /** Whether sound comes out, if any of the files has some. */
  sound: boolean
  /** Takes the place of the rendition's own start and end. */
  take?: Take
  /** Filters for the joined sound, such as loudness, before its fades. */
  soundFilters?: readonly string[]
}

export interface EditGraph {
  /** Steps that have to be made before the graph is run: they write what it reads. */
  before: Step[]
  /** Arguments of every input, with their limits. */
  inputs: string[]
  /** How many inputs these are, which is the number of the next. */
  inputCount: number
  /** For `-filter_complex`. */
  filters: string
  /** Labels to map, with their brackets; null for what does not come out. */
  video: string | null
  audio: string | null
  /** How long the output is; null when a source does not say. */
  seconds: number | null
  /** What the picture measures; null without one. */
  size: Size | null
  /** The rate that frames are brought to, else the source's own, after `speed`; null: unknown. */
  frameRate: number | null
  /** The SRT file that `before` writes when subtitles are to be a track, in the output's time. */
  captions: string | null
}

/** @throws JobFailure `unsupported` when a source does not hold what the edits need */
export function editGraph(rendition: Edits, context: PlanContext, wish: GraphWish): EditGraph {
  const edits: FullEdits = { ...NO_EDITS, ...rendition }
  const { speed } = edits
  const files = filesOf(edits, context, wish)
  const [first] = files as [GraphFile]
  const whole = files.reduce<number | null>(
    (sum, { seconds }) => (sum === null || seconds === null ? null : sum + seconds),
    0,
  )
  const seconds = whole === null ? null : whole / speed
  const source = first.video?.frameRate ?? null
  const rate = rateOf({ wanted: edits.frameRate, source, speed, joined: files.length > 1 })
  const shape =
    wish.picture && first.video
      ? resolveGeometry(turned(first.video, edits), { ...edits, ...wish.picture })
      : null
  const sounding = wish.sound && files.some(({ audio }) => audio !== null)

  const before: Step[] = []
  const inputs = files.map((file) => file.arguments)
  const chains = join({ files, edits, rate, sounding, picture: wish.picture, shape })
  let video = shape === null ? null : '[joined]'
  let audio = sounding ? '[sound]' : null
  let captions: string | null = null
  const filter = (from: string, filters: readonly string[], to: string) => {
    if (filters.length === 0) {
      return from
    }
    chains.push(`${from}${filters.join(',')}${to}`)
    return to
  }

  // As a track they need no picture to be drawn on.
  if (edits.subtitles !== null && (video !== null || edits.subtitleMode === 'track')) {
    const burnt = edits.subtitleMode === 'burn'
    const span = { startSeconds: first.take.startSeconds, lengthSeconds: first.seconds, speed }
    const made = prepareCaptions(edits.subtitles, burnt ? 'ass' : 'srt', span, context)
    before.push(...made.steps)
    if (!burnt) {
      captions = made.file
    }
  }
  if (video !== null && shape !== null && wish.picture !== null) {
    if (edits.watermark !== null) {
      const { pixels } = wish.picture
      const ends = { from: video, to: '[marked]', input: inputs.length }
      before.push(prepareWatermark(edits.watermark, edits, shape.output, context))
      chains.push(...lay({ ...ends, picture: shape.output, watermark: edits, pixels }))
      inputs.push(watermarkInput(context.folder))
      video = ends.to
    }
    // Relative, so that no character of a folder's name means anything to the filter.
    if (edits.subtitles !== null && captions === null) {
      video = filter(video, ['ass=captions.ass'], '[captioned]')
    }
    video = filter(video, fades(edits, seconds, 'fade'), '[v]')
  }
  if (audio !== null) {
    const last = [...(wish.soundFilters ?? []), ...fades(edits, seconds, 'afade')]
    audio = filter(audio, last, '[a]')
  }
  return {
    before,
    inputs: inputs.flat(),
    inputCount: inputs.length,
    filters: chains.join(';'),
    video,
    audio,
    seconds,
    size: shape?.output ?? null,
    captions,
    frameRate: rate ?? (source === null ? null : source * speed),
  }
}
