/** Edit step: turns an image upright as its EXIF data says, where ffmpeg does not do so itself. */
import type { Orientation } from '../../probe/imageOrientation.ts'
import type { FileVideo } from '../editedOutput.ts'

const FILTERS: Readonly<Record<Orientation, readonly string[]>> = {
  1: [],
  2: ['hflip'],
  3: ['hflip', 'vflip'],
  4: ['vflip'],
  5: ['transpose=cclock_flip'],
  6: ['transpose=clock'],
  7: ['transpose=clock_flip'],
  8: ['transpose=cclock'],
}

export function turnUpright({ video }: Pick<FileVideo, 'video'>): readonly string[] {
  return turnImage(video.orientation)
}

export function turnImage(orientation: Orientation): readonly string[] {
  return FILTERS[orientation]
}
