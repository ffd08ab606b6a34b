/**
 * Filters that bring a picture to a size and to the one kind of colour that comes out: BT.709 in
 * eight bits and limited range, or RGB for what becomes a picture. Owns what is made of a source's
 * colours, said or not.
 */
import { same, type Size } from './geometry.ts'
import type { VideoStream } from '../probe/probe.ts'

/** What the filters work in: 4:2:0 for video; RGB for pictures, whose encoders know no BT.709. */
export type Pixels = 'yuv420p' | 'rgb24'

/** The matrices that swscale can undo, by ffprobe's words for them. */
const MATRICES: Record<string, string> = {
  bt709: 'bt709',
  smpte170m: 'bt601',
  bt470bg: 'bt601',
  fcc: 'fcc',
  smpte240m: 'smpte240m',
  bt2020nc: 'bt2020',
  bt2020c: 'bt2020',
}
const WIDE = ['bt2020', 'smpte431', 'smpte432']
/** Those of no stated matrix are seen in BT.601 below this height, as by browsers. */
const HD_HEIGHT = 720
const TAGS = 'setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv'

/**
 * @param from the size of the frames that come in
 * @returns filters that give frames of the size `to`, in `pixels`, with tags that are true
 */
export function coloured(video: VideoStream, from: Size, to: Size, pixels: Pixels): string[] {
  const { colour } = video
  const wide = video.hdr || WIDE.includes(colour.primaries ?? '')
  const steps = wide ? converted(video, from, to, pixels) : scaled(video, from, to, pixels)
  return [...steps, 'setsar=1', ...(pixels === 'yuv420p' ? [TAGS] : [])]
}

/** Whether the pixels are as they come out, so that they need not be touched. */
function isPlain(video: VideoStream): boolean {
  return (
    video.pixelFormat === 'yuv420p' &&
    !video.hdr &&
    matrixOf(video) === 'bt709' &&
    rangeOf(video) === 'limited' &&
    !WIDE.includes(video.colour.primaries ?? '')
  )
}

function scaled(video: VideoStream, from: Size, to: Size, pixels: Pixels): string[] {
  if (pixels === 'yuv420p' && isPlain(video) && same(from, to)) {
    return ['format=yuv420p']
  }
  const rgb = isRgb(video.pixelFormat)
  const options = [
    `${to.width}:${to.height}`,
    'flags=bicubic+accurate_rnd+full_chroma_int',
    ...(rgb ? [] : [`in_color_matrix=${matrixOf(video)}`, `in_range=${rangeOf(video)}`]),
    ...(pixels === 'yuv420p' ? ['out_color_matrix=bt709', 'out_range=limited'] : []),
  ]
  return [`scale=${options.join(':')}`, `format=${pixels}`]
}

/**
 * Wide gamuts to BT.709; PQ and HLG by the recipe of ffmpeg's tonemap documentation. All that comes
 * in is said outright: files that name only their transfer are refused by zscale.
 */
function converted(video: VideoStream, from: Size, to: Size, pixels: Pixels): string[] {
  const { primaries, matrix, transfer } = video.colour
  const resize = same(from, to) ? [] : [`scale=${to.width}:${to.height}:flags=bicubic`]
  // zscale takes no subsampled picture of odd size.
  const whole = (to.width | to.height) % 2 === 0 ? [] : ['format=yuv444p10le']
  const [min, pin] = [matrix ?? 'bt2020nc', primaries ?? 'bt2020']
  const incoming = `zscale=pin=${pin}:min=${min}:rin=${rangeOf(video)}:tin=${video.hdr ? transfer : 'bt709'}`
  const outgoing = pixels === 'yuv420p' ? ':m=bt709:r=limited' : ''
  const last = pixels === 'yuv420p' ? ['format=yuv420p'] : ['format=gbrp', 'format=rgb24']
  if (!video.hdr) {
    return [...resize, ...whole, `${incoming}:p=bt709:t=bt709${outgoing}`, ...last]
  }
  return [
    ...resize,
    ...whole,
    `${incoming}:t=linear:npl=100`,
    'format=gbrpf32le',
    'zscale=p=bt709',
    'tonemap=hable:desat=0',
    `zscale=t=bt709${outgoing}`,
    ...last,
  ]
}

function matrixOf({ colour, display }: VideoStream): string {
  if (colour.matrix !== null) {
    return MATRICES[colour.matrix] ?? 'auto'
  }
  return Math.min(display.width, display.height) < HD_HEIGHT ? 'bt601' : 'bt709'
}

function rangeOf({ colour, pixelFormat }: VideoStream): 'limited' | 'full' {
  return colour.range === 'pc' || pixelFormat.startsWith('yuvj') ? 'full' : 'limited'
}

function isRgb(pixelFormat: string): boolean {
  return /^(0|a|x)?(rgb|bgr|gbr)|^pal8|^mono/.test(pixelFormat)
}
