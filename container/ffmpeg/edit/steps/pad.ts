/** Edit step: adds bars around the frame, of one colour or of the blurred frame itself. */
import type { FileVideo, PixelFormat } from '../editedOutput.ts'
import type { Size } from '../../geometry.ts'

export function pad({ geometry, edits, pixels, name }: FileVideo): string[] {
  const { pad: area, scaled } = geometry
  if (area === null) {
    return []
  }
  const { background } = edits
  if (background !== 'blur') {
    return [`pad=${area.width}:${area.height}:${area.x}:${area.y}:0x${background}`]
  }
  const [copy, frame, blurred] = [`[${name}_bars]`, `[${name}_inner]`, `[${name}_blur]`]
  const chains = [
    `split${copy}${frame}`,
    `${copy}${blurToFill(scaled, area)}${blurred}`,
    `${blurred}${frame}overlay=${area.x}:${area.y}:format=${overlayFormat(pixels)}`,
  ]
  return [chains.join(';')]
}

/** Returns the format in which `overlay` blends without a change of bit depth or colours. */
export function overlayFormat(pixels: PixelFormat): string {
  return pixels === 'yuv420p' ? 'yuv420' : 'rgb'
}

/** The background is blurred at a sixteenth of its size, which is much faster. */
const BLUR_SCALE = 16

/** Returns filters that scale the frame to cover the box, and blur it. */
function blurToFill(frame: Size, box: Size): string {
  const small = {
    width: roundUpToEven(box.width / BLUR_SCALE),
    height: roundUpToEven(box.height / BLUR_SCALE),
  }
  const factor = Math.max(small.width / frame.width, small.height / frame.height)
  const cover = [frame.width, frame.height].map((side) => roundUpToEven(side * factor))
  return [
    `scale=${cover.join(':')}:flags=area,crop=${small.width}:${small.height}`,
    `gblur=sigma=2,scale=${box.width}:${box.height}:flags=bicubic,setsar=1`,
  ].join(',')
}

/** Rounds up to an even number, at least 4. */
function roundUpToEven(value: number): number {
  return Math.max(4, 2 * Math.ceil(value / 2))
}
