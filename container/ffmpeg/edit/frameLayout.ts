/** Filters that lay one file's picture out: upright, turned, resized, cut, and with bars. */
import type { Rendition, RenditionOf } from '../../../src/contract/rendition.ts'
import type { Geometry, Size } from './geometry.ts'
import type { VideoStream } from '../probe/probe.ts'
import { coloured, type Pixels } from './colour.ts'

export type Turn = Pick<RenditionOf<'video'>, 'rotate' | 'flip'>
type Background = Extract<Rendition, { kind: 'video' }>['background']

/** The picture's sizes after a turn. */
export function turned(video: VideoStream, { rotate }: Turn): VideoStream {
  if (rotate % 180 === 0) {
    return video
  }
  const swap = ({ width, height }: Size): Size => ({ width: height, height: width })
  return { ...video, display: swap(video.display), upright: swap(video.upright) }
}

export function turns({ rotate, flip }: Turn): string[] {
  return [
    ...(rotate === 90 ? ['transpose=clock'] : rotate === 270 ? ['transpose=cclock'] : []),
    ...(rotate === 180 ? ['hflip', 'vflip'] : []),
    ...(flip.includes('h') ? ['hflip'] : []),
    ...(flip.includes('v') ? ['vflip'] : []),
  ]
}

/**
 * @param video as it comes from the decoder; `time` are the filters that come first, since fewer
 *   frames are less work
 * @param names unique within the graph; labels inside are made of it
 * @returns chains from the label `from` to the label `to`
 */
export function layOut(options: {
  from: string
  to: string
  name: string
  video: VideoStream
  time: string[]
  turn: Turn
  shape: Geometry
  pixels: Pixels
  background: Background
}): string[] {
  const { from, to, video, turn, shape, pixels, background } = options
  const { crop, pad } = shape
  const first = [
    ...(video.interlaced ? ['yadif'] : []),
    ...options.time,
    ...turns(turn),
    ...coloured(video, turned(video, turn).upright, shape.scaled, pixels),
    ...(crop === null ? [] : [`crop=${crop.width}:${crop.height}:${crop.x}:${crop.y}`]),
  ].join(',')
  if (pad === null) {
    return [`${from}${first}${to}`]
  }
  if (background !== 'blur') {
    return [`${from}${first},pad=${pad.width}:${pad.height}:${pad.x}:${pad.y}:0x${background}${to}`]
  }
  const label = (part: string) => `[${options.name}_${part}]`
  return [
    `${from}${first},split${label('bars')}${label('inner')}`,
    `${label('bars')}${blurred(shape.scaled, pad)}${label('blur')}`,
    `${label('blur')}${label('inner')}overlay=${pad.x}:${pad.y}:format=${overlayFormat(pixels)}${to}`,
  ]
}

/** In which an overlay mixes, so that it changes neither depth nor colours. */
export function overlayFormat(pixels: Pixels): string {
  return pixels === 'yuv420p' ? 'yuv420' : 'rgb'
}

/** Blurring a picture a sixteenth as large looks the same, and takes next to no time. */
const BLUR_SCALE = 16

/** The picture over the whole box, so blurred that only its colours are left. */
function blurred(picture: Size, box: Size): string {
  const even = (value: number) => Math.max(4, 2 * Math.ceil(value / 2))
  const small = { width: even(box.width / BLUR_SCALE), height: even(box.height / BLUR_SCALE) }
  const factor = Math.max(small.width / picture.width, small.height / picture.height)
  const cover = [picture.width, picture.height].map((side) => even(side * factor))
  return [
    `scale=${cover.join(':')}:flags=area,crop=${small.width}:${small.height}`,
    `gblur=sigma=2,scale=${box.width}:${box.height}:flags=bicubic,setsar=1`,
  ].join(',')
}

/** Where a file that is played after the first lies in the first's frame: whole, in the middle. */
export function within(video: VideoStream, output: Size, unit: 1 | 2): Geometry {
  const { display } = video
  const factor = Math.min(output.width / display.width, output.height / display.height)
  const side = (value: number, most: number) =>
    Math.min(most, Math.max(unit, Math.round((value * factor) / unit) * unit))
  const scaled = {
    width: side(display.width, output.width),
    height: side(display.height, output.height),
  }
  const spare = (whole: number, piece: number) => Math.floor((whole - piece) / 2 / unit) * unit
  const pad = {
    ...output,
    x: spare(output.width, scaled.width),
    y: spare(output.height, scaled.height),
  }
  const fits = scaled.width === output.width && scaled.height === output.height
  return { scaled, crop: null, pad: fits ? null : pad, output }
}
