/**
 * Verifies the joined file: it has the packets of its chunks, at their times, and each chunk can be decoded by
 * itself.
 */
import { JobFailure } from '../../failures.ts'
import { runTogether } from '../../runTogether.ts'
import type { ProbeEnvironment } from '../process/ffprobe.ts'
import type { CompletedChunk } from './checkChunks.ts'
import { findUndecodableChunk } from './decodeFirstFrames.ts'
import { readTracks, type Track } from './readTracks.ts'

/** Containers round times, and may count the padding of the last packet of audio. */
const MAX_DIFFERENCE_SECONDS = 0.1

type Options = Omit<ProbeEnvironment, 'bytesRead'> & {
  /** The joined file. */
  file: string
  /** All except the join, in the order of the plan. */
  chunks: readonly (CompletedChunk & { file: string })[]
}

/** @throws JobFailure `output_invalid` */
export async function verifyJoin(options: Options): Promise<void> {
  const video = options.chunks.filter(({ range }) => range.kind === 'video')
  const audio = options.chunks.find(({ range }) => range.kind === 'audio')
  await runTogether(options.signal, [
    async (signal) => {
      const tracks = await readTracks({ ...options, signal })
      verifyVideo(tracks.video, video)
      if (audio !== undefined) {
        verifyAudio(tracks.audio, audio)
      }
    },
    (signal) => verifyFirstFrames({ ...options, signal, chunks: video }),
  ])
}

function verifyVideo(track: Track | null, chunks: readonly CompletedChunk[]): void {
  const parts = chunks.map(({ facts }) => facts)
  const frames = parts.reduce((sum, facts) => sum + (facts.frames ?? 0), 0)
  if (track?.packetCount !== frames) {
    throw invalid(`has ${track?.packetCount ?? 0} frames instead of ${frames}`)
  }
  const isEven = chunks.some(({ range }) => range.frames !== null)
  compareTimes('video', track, { first: parts[0], last: isEven ? parts.at(-1) : undefined })
}

async function verifyFirstFrames(options: Options): Promise<void> {
  const chunk = await findUndecodableChunk(options)
  if (chunk !== null) {
    const second = chunk.range.startSeconds.toFixed(1)
    throw invalid(`cannot be decoded from second ${second} on, where a chunk begins`)
  }
}

function verifyAudio(track: Track | null, { facts }: CompletedChunk): void {
  if (track === null) {
    throw invalid('has no audio')
  }
  compareTimes('audio', track, { first: facts, last: facts })
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
