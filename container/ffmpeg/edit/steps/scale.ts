/**
 * Edit step: scales to the planned size and converts colours, in one filter where possible. The
 * output is BT.709 with eight bits and limited range for video, and RGB for images.
 */
import { isRgb } from '../../probe/pixelFormat.ts'
import { ZSCALE_MATRICES } from '../../probe/colourTags.ts'
import type { VideoStream } from '../../probe/probe.ts'
import type { FileVideo, PixelFormat } from '../editedOutput.ts'
import { isSameSize, type Size } from '../../geometry.ts'
import { rotateSizes } from './orientation.ts'

/** The matrices that swscale can convert from, by ffprobe's names. */
const SWSCALE_MATRICES: Record<string, string> = {
  bt709: 'bt709',
  smpte170m: 'bt601',
  bt470bg: 'bt601',
  fcc: 'fcc',
  smpte240m: 'smpte240m',
  bt2020nc: 'bt2020',
}
const WIDE_GAMUTS = ['bt2020', 'smpte431', 'smpte432']
/**
 * Video without a declared matrix is read as BT.601 if its short side is below this, otherwise as
 * BT.709.
 */
const MIN_HD_HEIGHT = 720
const BT709_TAGS = 'setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv'

export function scaleAndConvertColours({ video, edits, geometry, pixels }: FileVideo): string[] {
  const from = rotateSizes(video, edits.rotate).upright
  const filters = needsZscale(video)
    ? convertWideGamut(video, from, geometry.scaled, pixels)
    : scale(video, from, geometry.scaled, pixels)
  return [...filters, 'setsar=1', ...(pixels === 'yuv420p' ? [BT709_TAGS] : [])]
}

function needsZscale({ hdr, colour }: VideoStream): boolean {
  return (
    hdr ||
    WIDE_GAMUTS.includes(colour.primaries ?? '') ||
    ZSCALE_MATRICES.includes(colour.matrix ?? '')
  )
}

function scale(video: VideoStream, from: Size, to: Size, pixels: PixelFormat): string[] {
  if (pixels === 'yuv420p' && hasOutputColours(video) && isSameSize(from, to)) {
    return ['format=yuv420p']
  }
  const options = [
    `${to.width}:${to.height}`,
    'flags=bicubic+accurate_rnd+full_chroma_int',
    ...(isRgb(video.pixelFormat)
      ? []
      : [`in_color_matrix=${findMatrix(video)}`, `in_range=${findRange(video)}`]),
    ...(pixels === 'yuv420p' ? ['out_color_matrix=bt709', 'out_range=limited'] : []),
  ]
  return [`scale=${options.join(':')}`, `format=${pixels}`]
}

/**
 * Converts wide gamuts and the matrices that only zscale converts to BT.709. PQ and HLG are
 * converted to linear light and tone-mapped. All colour properties of the input are set, since
 * zscale rejects files that declare only some of them.
 */
function convertWideGamut(video: VideoStream, from: Size, to: Size, pixels: PixelFormat): string[] {
  const { primaries, matrix, transfer } = video.colour
  const resize = isSameSize(from, to) ? [] : [`scale=${to.width}:${to.height}:flags=bicubic`]
  const isOdd = (to.width | to.height) % 2 !== 0
  // zscale rejects frames of odd size with subsampled chroma. Others stay as they are: a conversion
  // from RGB or grey to YUV would not match the properties of the input.
  const upsample = isOdd && !hasFullChroma(video.pixelFormat) ? ['format=yuv444p10le'] : []
  const input = [
    `pin=${primaries ?? (video.hdr || matrix === 'bt2020c' ? 'bt2020' : 'bt709')}`,
    `min=${isRgb(video.pixelFormat) ? 'gbr' : (matrix ?? 'bt2020nc')}`,
    `rin=${isRgb(video.pixelFormat) ? 'full' : findRange(video)}`,
    `tin=${video.hdr ? transfer : 'bt709'}`,
  ].join(':')
  const output = pixels === 'yuv420p' ? ':m=bt709:r=limited' : ''
  const planes = { yuv420p: [], rgb24: ['format=gbrp'], rgba: ['format=gbrap'] }
  const format = [...planes[pixels], `format=${pixels}`]
  if (!video.hdr) {
    return [...resize, ...upsample, `zscale=${input}:p=bt709:t=bt709${output}`, ...format]
  }
  return [
    ...resize,
    ...upsample,
    `zscale=${input}:t=linear:npl=100`,
    pixels === 'rgba' ? 'format=gbrapf32le' : 'format=gbrpf32le',
    'zscale=p=bt709',
    'tonemap=hable:desat=0',
    `zscale=t=bt709${output}`,
    ...format,
  ]
}

/** Returns true when the video already has the colours of the output. */
function hasOutputColours(video: VideoStream): boolean {
  return (
    video.pixelFormat === 'yuv420p' &&
    !video.hdr &&
    findMatrix(video) === 'bt709' &&
    findRange(video) === 'limited' &&
    !needsZscale(video)
  )
}

function findMatrix({ colour, display }: VideoStream): string {
  if (colour.matrix !== null) {
    return SWSCALE_MATRICES[colour.matrix] ?? 'auto'
  }
  return Math.min(display.width, display.height) < MIN_HD_HEIGHT ? 'bt601' : 'bt709'
}

function findRange({ colour, pixelFormat }: VideoStream): 'limited' | 'full' {
  return colour.range === 'pc' || pixelFormat.startsWith('yuvj') ? 'full' : 'limited'
}

/** True for RGB, grey, and YUV 4:4:4. */
function hasFullChroma(pixelFormat: string): boolean {
  return isRgb(pixelFormat) || /^(gray|ya\d|yuvj?a?444|nv24|nv42|vuy|ayuv|xv)/.test(pixelFormat)
}
