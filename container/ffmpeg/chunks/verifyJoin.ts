/** Verifies the joined file: it has the packets of its chunks, at their times. */
import { JobFailure } from '../../failures.ts'
import { runTogether } from '../../runTogether.ts'
import type { ProbeEnvironment } from '../process/ffprobe.ts'
import type { CompletedChunk } from './checkChunks.ts'
import { readTrack, type Track } from './readTrack.ts'

/** Containers round times, and may count the padding of the last packet of audio. */
const MAX_DIFFERENCE_SECONDS = 0.1

/** @throws JobFailure `output_invalid` */
export async function verifyJoin(
  options: Omit<ProbeEnvironment, 'bytesRead'> & {
    file: string
    chunks: readonly CompletedChunk[]
  },
): Promise<void> {
  const { chunks } = options
  const read = (track: 'v:0' | 'a:0') => (signal: AbortSignal) =>
    readTrack({ ...options, signal, bytesRead: () => 0, track }, 'count')
  const audio = chunks.find(({ range }) => range.kind === 'audio')?.facts
  const [video, joinedAudio] = await runTogether(options.signal, [
    read('v:0'),
    audio ? read('a:0') : async () => null,
  ])
  const parts = chunks.filter(({ range }) => range.kind === 'video').map(({ facts }) => facts)
  const frames = parts.reduce((sum, facts) => sum + (facts.frames ?? 0), 0)
  if (video?.packetCount !== frames) {
    throw invalid(`has ${video?.packetCount ?? 0} frames instead of ${frames}`)
  }
  const isEven = chunks.some(({ range }) => range.frames !== null)
  compareTimes('video', video, { first: parts[0], last: isEven ? parts.at(-1) : undefined })
  if (audio !== undefined) {
    if (joinedAudio === null) {
      throw invalid('has no audio')
    }
    compareTimes('audio', joinedAudio, { first: audio, last: audio })
  }
}

type Times = Pick<Track, 'startTicks' | 'endTicks' | 'timescale'>

/** Compares the start and the end of a track with those of its first and last chunk. */
function compareTimes(
  name: string,
  found: Times,
  { first, last }: { first: Times | undefined; last: Times | undefined },
): void {
  const compare = (what: string, actual: number, expected: number, ticks: number) => {
    if (Math.abs(actual - expected) > MAX_DIFFERENCE_SECONDS + 1 / ticks) {
      throw invalid(
        `has ${name} that ${what} at second ${actual.toFixed(4)} instead of ${expected.toFixed(4)}`,
      )
    }
  }
  const { timescale } = found
  if (first !== undefined) {
    compare('begins', found.startTicks / timescale, first.startTicks / first.timescale, timescale)
  }
  if (last !== undefined) {
    compare('ends', found.endTicks / timescale, last.endTicks / last.timescale, timescale)
  }
}

function invalid(fault: string): JobFailure {
  return new JobFailure('output_invalid', `The joined file ${fault}.`)
}
