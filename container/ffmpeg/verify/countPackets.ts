/** Counts the packets of the video of an output. */
import { ffmpegOptions } from '../process/options.ts'
import { type FfprobeOptions, runFfprobe } from '../process/ffprobe.ts'
import { LOCAL_FILE_INPUT } from '../process/limits.ts'

/** @param options.file path of the output */
export async function countPackets(
  options: Omit<FfprobeOptions, 'input' | 'bytesRead'> & { file: string },
): Promise<number> {
  const { output } = await runFfprobe(
    {
      ...options,
      input: [...LOCAL_FILE_INPUT, `file:${options.file}`],
      bytesRead: () => 0,
    },
    {
      entries: 'stream=nb_read_packets',
      format: 'csv=p=0',
      selection: ffmpegOptions({ select_streams: 'V:0', count_packets: true }),
    },
  )
  return Number.parseInt(output, 10) || 0
}
