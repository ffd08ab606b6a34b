/**
 * Edit step: replaces colour tags that other filters would reject: invalid ones, matrices that only
 * zscale converts, and missing ones of HDR video.
 */
import { isRgb } from '../../probe/pixelFormat.ts'
import { ZSCALE_MATRICES } from '../../probe/colourTags.ts'
import type { FileVideo } from '../editedOutput.ts'

export function repairColourTags({ video }: FileVideo): string[] {
  const { primaries, transfer, hasInvalidTag } = video.colour
  const isForZscale = ZSCALE_MATRICES.includes(video.colour.matrix ?? '')
  const isIncomplete = video.hdr && (video.colour.matrix === null || primaries === null)
  if (!hasInvalidTag && !isForZscale && !isIncomplete) {
    return []
  }
  const matrix = isForZscale ? 'unknown' : video.colour.matrix
  const assumed = video.hdr
    ? { matrix: isRgb(video.pixelFormat) ? 'gbr' : 'bt2020nc', primaries: 'bt2020' }
    : { matrix: 'unknown', primaries: 'unknown' }
  return [
    `setparams=colorspace=${matrix ?? assumed.matrix}:color_primaries=${primaries ?? assumed.primaries}:color_trc=${transfer ?? 'unknown'}`,
  ]
}
