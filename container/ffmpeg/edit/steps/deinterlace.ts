/** Edit step: converts interlaced video to progressive frames, and restores telecined film. */
import { PULLDOWN_RATIO } from '../../probe/classifyScan.ts'
import type { FileVideo } from '../editedOutput.ts'
import { toExactFrameRate } from './frameRate.ts'

const DEFAULT_FILM_RATE = 24

/**
 * The field order that was found in the frames is used instead of the declared one. If none was
 * found, that of each frame is used. Frames that are found to be progressive are kept.
 */
export function deinterlace({ video }: Pick<FileVideo, 'video'>): string[] {
  const { interlaced, scan, frameRate } = video
  if (!interlaced) {
    return []
  }
  switch (scan?.type) {
    case undefined:
      return ['yadif']
    case 'progressive':
      return []
    case 'interlaced':
      return [`yadif=parity=${scan.fieldOrder}`]
    case 'telecine':
      return [
        // `decimate` drops one of five frames, and expects that none is missing.
        `fps=${toExactFrameRate((frameRate ?? DEFAULT_FILM_RATE) / PULLDOWN_RATIO).text}`,
        `fieldmatch=order=${scan.fieldOrder}:combmatch=full`,
        'yadif=deint=interlaced',
        'decimate',
        // `decimate` leaves the frames at the times that they have in the video.
        `fps=${toExactFrameRate(frameRate ?? DEFAULT_FILM_RATE).text}`,
      ]
  }
}
