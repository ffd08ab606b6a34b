/** Verifies the joined file: it has the packets of its chunks, at their times. */
import { JobFailure } from '../../failures.ts'
import type { ProbeEnvironment } from '../process/ffprobe.ts'
import type { FinishedChunk } from './checkChunks.ts'
import { readTrack, type Track } from './readTrack.ts'

/** Matroska rounds times to milliseconds. */
const MAX_DIFFERENCE_SECONDS = 0.001

/** @throws JobFailure `output_invalid` */
export async function verifyJoin(
  options: Omit<ProbeEnvironment, 'bytesRead'> & {
    file: string
    chunks: readonly FinishedChunk[]
  },
): Promise<void> {
  const { chunks } = options
  const read = (track: 'v:0' | 'a:0') =>
    readTrack({ ...options, bytesRead: () => 0, track }, false)
  const video = await read('v:0')
  const parts = chunks.filter(({ range }) => range.kind === 'video').map(({ facts }) => facts)
  const frames = parts.reduce((sum, facts) => sum + (facts.frames ?? 0), 0)
  if (video?.packetCount !== frames) {
    throw invalid(`has ${video?.packetCount ?? 0} frames instead of ${frames}`)
  }
  compareTimes('video', video, parts[0], parts.at(-1))
  const audio = chunks.find(({ range }) => range.kind === 'audio')?.facts
  if (audio !== undefined) {
    const found = await read('a:0')
    if (found === null) {
      throw invalid('has no audio')
    }
    compareTimes('audio', found, audio, audio)
  }
}

type Times = Pick<Track, 'startTicks' | 'endTicks' | 'timescale'>

/** Compares the start and the end of a track with those of its first and last chunk. */
function compareTimes(
  name: string,
  found: Times,
  first: Times | undefined,
  last: Times | undefined,
): void {
  const compare = (what: string, actual: number, expected: number, ticks: number) => {
    if (Math.abs(actual - expected) > MAX_DIFFERENCE_SECONDS + 1 / ticks) {
      throw invalid(
        `has ${name} that ${what} at second ${actual.toFixed(4)} instead of ${expected.toFixed(4)}`,
      )
    }
  }
  if (first !== undefined && last !== undefined) {
    const { timescale } = found
    compare('begins', found.startTicks / timescale, first.startTicks / first.timescale, timescale)
    compare('ends', found.endTicks / timescale, last.endTicks / last.timescale, timescale)
  }
}

function invalid(fault: string): JobFailure {
  return new JobFailure('output_invalid', `The joined file ${fault}.`)
}
