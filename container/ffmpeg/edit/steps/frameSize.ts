/**
 * Edit step: gives all frames of a file the size of its first frame. The size can change in
 * mid-stream, for example in a recording of a window that is resized.
 *
 * ffmpeg would build the filter graph anew for such a change. All filters then lose their state:
 * `fps` makes frames from time 0 again, and key frames move. `KEEP_VIDEO_GRAPH` prevents that, so
 * that this filter, which is the first one, receives the frames of every size.
 */
import { ffmpegOptions } from '../../process/options.ts'
import type { FileVideo } from '../editedOutput.ts'

/** Input options: the graph is not built anew when the size or pixel format of frames changes. */
export const KEEP_VIDEO_GRAPH: readonly string[] = ffmpegOptions({ 'reinit_filter:v': 0 })

/** Chroma planes of a quarter of the width, to which `pad` would round the size. */
const WIDE_CHROMA = /^yuvj?41[01]p/

/**
 * Does nothing to frames of the first size. Others keep their shape and get bars; if `pad` does not
 * support the first size, they are stretched to it.
 */
export function keepFrameSize({ video }: FileVideo): string[] {
  const { width, height } = video.upright
  const canPad = (width | height) % 2 === 0 && !WIDE_CHROMA.test(video.pixelFormat)
  return canPad
    ? [
        `scale=${width}:${height}:force_original_aspect_ratio=decrease`,
        `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2:eval=frame`,
      ]
    : [`scale=${width}:${height}`]
}
