/** Edit step: replaces a matrix or primaries that other filters would reject. */
import type { FileVideo } from '../editedOutput.ts'

export function repairColourTags({ video }: FileVideo): string[] {
  const { matrix, primaries, transfer, hasInvalidTag } = video.colour
  if (!hasInvalidTag) {
    return []
  }
  const assumed = video.hdr
    ? { matrix: 'bt2020nc', primaries: 'bt2020' }
    : { matrix: 'unknown', primaries: 'unknown' }
  return [
    `setparams=colorspace=${matrix ?? assumed.matrix}:color_primaries=${primaries ?? assumed.primaries}:color_trc=${transfer ?? 'unknown'}`,
  ]
}
