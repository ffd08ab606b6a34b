/** Chains that bring every file to the first one's frame, rate and sound, and play them in turn. */
import type { FullEdits } from './edits.ts'
import type { GraphFile } from './inputs.ts'
import type { Geometry } from './geometry.ts'
import type { Pixels } from './colour.ts'
import { layOut, within } from './frameLayout.ts'
import { silence, soundOf } from './audio.ts'
import { decimal, pictureSpeed } from './timing.ts'

interface Joining {
  files: GraphFile[]
  edits: FullEdits
  /** The even rate of all frames; null to leave them when they come. */
  rate: number | null
  sounding: boolean
  picture: { unit: 1 | 2; pixels: Pixels } | null
  /** Of the first file; null without a picture. */
  shape: Geometry | null
}

/** @returns chains that end in `[joined]` for the picture and `[sound]`, as far as there are any */
export function join(joining: Joining): string[] {
  const { files, sounding, shape, rate } = joining
  const alone = files.length === 1
  const chains = files.flatMap((file, at) => [
    ...pictureChains(joining, file, at, alone ? '[joined]' : `[v${at}]`),
    ...soundChains(joining, file, at, alone ? '[sound]' : `[a${at}]`),
  ])
  if (alone) {
    return chains
  }
  // Picture and sound of a file end together only when they are joined by one filter.
  const labels = files.map((_, at) => `${shape ? `[v${at}]` : ''}${sounding ? `[a${at}]` : ''}`)
  const counts = `n=${files.length}:v=${shape ? 1 : 0}:a=${sounding ? 1 : 0}`
  const ends = `${shape ? '[uneven]' : ''}${sounding ? '[sound]' : ''}`
  const even = shape ? [`[uneven]${evenly(rate)}[joined]`] : []
  return [...chains, `${labels.join('')}concat=${counts}${ends}`, ...even]
}

function pictureChains(joining: Joining, file: GraphFile, at: number, to: string): string[] {
  const { edits, rate, picture, shape } = joining
  const { video } = file
  if (video === null || picture === null || shape === null) {
    return []
  }
  // Joined, a file's picture may end before its sound does: the rate is made even afterwards.
  const alone = joining.files.length === 1
  const time = [...pictureSpeed(edits.speed), ...(alone && rate !== null ? [evenly(rate)] : [])]
  return layOut({
    from: `[${at}:V:0]`,
    to,
    name: `v${at}`,
    video,
    time,
    pixels: picture.pixels,
    turn: at === 0 ? edits : { rotate: 0, flip: 'none' },
    shape: at === 0 ? shape : within(video, shape.output, picture.unit),
    background: edits.background,
  })
}

function evenly(rate: number | null): string {
  return rate === null ? 'null' : `fps=${decimal(rate, 6)}`
}

function soundChains(joining: Joining, file: GraphFile, at: number, to: string): string[] {
  const { speed } = joining.edits
  if (!joining.sounding) {
    return []
  }
  if (file.audio === null) {
    return [`${silence(file.seconds === null ? null : file.seconds / speed)}${to}`]
  }
  const filters = soundOf(file.audio, speed, joining.files.length > 1)
  return [`[${at}:a:${file.track - 1}]${filters.join(',')}${to}`]
}
