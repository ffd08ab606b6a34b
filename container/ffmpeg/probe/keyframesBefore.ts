/** Finds the key frames from which ffmpeg decodes when it seeks to several times of a file. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { JobFailure } from '../../failures.ts'
import { findKeyframeTimes } from '../mp4/keyframeTimes.ts'
import { readMovieIndex } from '../mp4/movieIndex.ts'
import { type ProbeEnvironment, runFfprobe } from '../process/ffprobe.ts'
import { INPUT_LIMITS } from '../process/limits.ts'
import { ffmpegOptions } from '../process/options.ts'
import type { ReadBytes } from '../readBytes.ts'
import type { Probe } from './probe.ts'
import { type KnownFile, type ProbeMemo, remember } from './probeMemo.ts'

/** ffprobe seeks to each of them, and reads one packet there. */
const MAX_FFPROBE_TIMES = 150
/** Ten hours of 60 frames a second with B-frames have 35 MB, and their audio some 15 MB. */
const MAX_INDEX_BYTES = 64 * 1024 ** 2
/** ffmpeg calculates with microseconds. */
const DECIMALS = 6
const NAME = 'keyframes:'

export interface KeyframeFile {
  url: string
  probe: Probe
  sizeBytes: number
  read: ReadBytes
}

/**
 * Reads the index of an MP4 file. In other files, ffprobe seeks to each time.
 *
 * @param seconds rising times, from the start of the file
 * @returns for each time the presentation time of the key frame, from the start of the file. An empty
 *   list for a file in which ffmpeg does not seek exactly, for too many times, or if ffprobe fails
 */
export async function findKeyframesBefore(
  file: KeyframeFile,
  seconds: readonly number[],
  { memo, ...environment }: ProbeEnvironment & KnownFile,
): Promise<number[]> {
  const { seeksExactly, isFragmented, startSeconds, video } = file.probe
  if (!seeksExactly || isFragmented || video === null) {
    return []
  }
  const times = seconds.map((second) => (startSeconds + second).toFixed(DECIMALS))
  const hash = createHash('sha256').update(times.join()).digest('hex').slice(0, 32)
  const find = async () => {
    forgetOthers(memo)
    const found =
      (await readFromIndex(file, video.index, times)) ??
      (await readPackets({ url: file.url, stream: video.index, times }, environment))
    return found.length === times.length ? found.map((time) => time - startSeconds) : []
  }
  return (await remember(memo, `${NAME}${hash}`, z.array(z.number()), find)) ?? []
}

/** True for the name of a list in the results of probing a file. */
export function isKeyframeList(name: string): boolean {
  return name.startsWith(NAME)
}

/** A stored probe has a maximum size, so only one list is kept: all can be found again. */
function forgetOthers(memo: ProbeMemo | undefined): void {
  for (const name of memo?.results.keys() ?? []) {
    if (isKeyframeList(name)) {
      memo?.results.delete(name)
    }
  }
}

/** Returns null for a file without an index that can be read. */
async function readFromIndex(
  { sizeBytes, read }: KeyframeFile,
  stream: number,
  times: readonly string[],
): Promise<number[] | null> {
  const index = await readMovieIndex(sizeBytes, read, MAX_INDEX_BYTES)
  const found = index && findKeyframeTimes(index, stream, times.map(Number))
  return found && found.map((time) => Number(time.toFixed(DECIMALS)))
}

/** Returns the times of the first packets after each seek. */
async function readPackets(
  { url, stream, times }: { url: string; stream: number; times: readonly string[] },
  environment: ProbeEnvironment,
): Promise<number[]> {
  if (times.length > MAX_FFPROBE_TIMES) {
    return []
  }
  try {
    const { output } = await runFfprobe(
      { ...environment, input: [...INPUT_LIMITS, url] },
      {
        entries: 'packet=pts_time',
        format: 'csv=p=0',
        selection: ffmpegOptions({
          select_streams: stream,
          read_intervals: times.map((time) => `${time}%+#1`).join(),
        }),
      },
    )
    return output.trim().split('\n').map(Number).filter(Number.isFinite)
  } catch (error) {
    if (error instanceof JobFailure) {
      return []
    }
    throw error
  }
}
