/** Edit step: makes whole frames of interlaced video. */
import type { FileVideo } from '../editedOutput.ts'

export function deinterlace({ video }: FileVideo): string[] {
  return video.interlaced ? ['yadif'] : []
}
