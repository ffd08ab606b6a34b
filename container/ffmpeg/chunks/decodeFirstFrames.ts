/** Decodes the first frame of each chunk. One ffprobe reads all of them, as it takes most of its time to start. */
import { writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { ChunkFacts } from '../../../src/contract/chunk.ts'
import { JobFailure } from '../../failures.ts'
import { type ProbeEnvironment, runFfprobe } from '../process/ffprobe.ts'
import { LOCAL_FILE_INPUT } from '../process/limits.ts'
import { ffmpegOptions } from '../process/options.ts'
import { formatFileList } from './fileList.ts'

/** ffmpeg reads up to the first packet that is decoded after the time at which the first frame is shown. */
const READ_SECONDS = 0.001
/** ffmpeg calculates with microseconds. */
const MAX_DIFFERENCE_SECONDS = 0.001

/** @param options.chunks of video, with files in one folder. They begin with a key frame. */
export async function findUndecodableChunk<Chunk extends { file: string; facts: ChunkFacts }>(
  options: Omit<ProbeEnvironment, 'bytesRead'> & { chunks: readonly Chunk[] },
): Promise<Chunk | null> {
  const { chunks } = options
  const list = join(dirname(chunks[0]!.file), 'first-frames.txt')
  await writeFile(list, buildList(chunks))
  const seconds = await decodeKeyframes(list, options)
  const isDecoded = (index: number) =>
    seconds.some((second) => Math.abs(second - index) < MAX_DIFFERENCE_SECONDS)
  return chunks.find((_, index) => !isDecoded(index)) ?? null
}

/** In the list, the first frame of the nth chunk is shown at second n, from 0. */
function buildList(chunks: readonly { file: string; facts: ChunkFacts }[]): string {
  return formatFileList(
    chunks.map(({ file, facts: { startTicks, timescale } }) => ({
      name: basename(file),
      directives: { outpoint: startTicks / timescale + READ_SECONDS, duration: 1 },
    })),
  )
}

/** Returns the seconds at which key frames are shown. */
async function decodeKeyframes(
  list: string,
  options: Omit<ProbeEnvironment, 'bytesRead'>,
): Promise<number[]> {
  try {
    const { output } = await runFfprobe(
      {
        ...options,
        bytesRead: () => 0,
        input: [...LOCAL_FILE_INPUT, ...ffmpegOptions({ f: 'concat', i: list })],
      },
      {
        entries: 'frame=key_frame,pts_time',
        format: 'csv=p=0',
        selection: ffmpegOptions({ select_streams: 'v:0', skip_frame: 'nokey' }),
        mayReadAll: true,
      },
    )
    return [...output.matchAll(/^1,([\d.]+)/gm)].map(([, time]) => Number(time))
  } catch (error) {
    // ffprobe cannot read the first chunk.
    if (error instanceof JobFailure && error.code === 'input_invalid') {
      return []
    }
    throw error
  }
}
