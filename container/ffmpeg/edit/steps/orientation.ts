/** Edit step: rotates clockwise, then mirrors. */
import type { FileVideo } from '../editedOutput.ts'
import type { Size } from '../../geometry.ts'
import type { VideoStream } from '../../probe/probe.ts'

const ROTATION_FILTERS: Record<FileVideo['edits']['rotate'], readonly string[]> = {
  0: [],
  90: ['transpose=clock'],
  180: ['hflip', 'vflip'],
  270: ['transpose=cclock'],
}

export function orient({ edits: { rotate, flip } }: FileVideo): string[] {
  return [
    ...ROTATION_FILTERS[rotate],
    ...(flip.includes('h') ? ['hflip'] : []),
    ...(flip.includes('v') ? ['vflip'] : []),
  ]
}

/** Returns the stream with the sizes that it has after the rotation. */
export function rotateSizes(video: VideoStream, rotate: number): VideoStream {
  if (rotate % 180 === 0) {
    return video
  }
  return { ...video, display: swapSides(video.display), upright: swapSides(video.upright) }
}

function swapSides({ width, height }: Size): Size {
  return { width: height, height: width }
}
