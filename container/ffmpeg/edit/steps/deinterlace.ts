/** Edit step: converts interlaced video to progressive frames. */
import type { FileVideo } from '../editedOutput.ts'

export function deinterlace({ video }: FileVideo): string[] {
  return video.interlaced ? ['yadif'] : []
}
