/** Checks before the join that the chunks fit together, without a gap or an overlap. */
import type { ChunkFacts, ChunkRange } from '../../../src/contract/chunk.ts'
import type { Expectation } from '../renderPlan.ts'

/** The padding of a codec at both ends, by which the audio may differ from the plan. */
const MAX_AUDIO_DIFFERENCE_SECONDS = 0.1

export interface CompletedChunk {
  range: ChunkRange
  facts: ChunkFacts
}

/**
 * @param chunks all except the join, in the order of the plan
 * @param expect expectation of the whole output
 * @returns the fault as a sentence; null when the chunks can be joined
 */
export function checkChunks(
  chunks: readonly CompletedChunk[],
  expect: Pick<Expectation, 'trackSeconds' | 'trackStarts' | 'frames' | 'hasAudio'>,
): string | null {
  const video = chunks.filter(({ range }) => range.kind === 'video')
  const audio = chunks.find(({ range }) => range.kind === 'audio')
  return (
    checkFrameCounts(video, expect.frames) ??
    checkSeams(video) ??
    (expect.hasAudio || audio !== undefined ? checkAudio(audio, expect) : null)
  )
}

function checkFrameCounts(
  video: readonly CompletedChunk[],
  planned: number | undefined,
): string | null {
  const wrong = video.find(
    ({ range, facts }) => range.frames !== null && facts.frames !== range.frames,
  )
  if (wrong !== undefined) {
    return `The chunk from second ${format(wrong.range.startSeconds)} has ${wrong.facts.frames} frames instead of ${wrong.range.frames}.`
  }
  const total = video.reduce((sum, { facts }) => sum + (facts.frames ?? 0), 0)
  return planned !== undefined && total !== planned
    ? `The chunks have ${total} frames together instead of ${planned}.`
    : null
}

function checkSeams(video: readonly CompletedChunk[]): string | null {
  // The numbers of frames are planned if the frame rate is constant, except those of the first and the
  // last chunk. Otherwise frames may be far apart.
  const isEven = video.some(({ range }) => range.frames !== null)
  for (const [index, { range, facts }] of video.entries()) {
    const next = video[index + 1]
    if (next === undefined) {
      break
    }
    const second = format(next.range.startSeconds)
    if (range.endSeconds !== next.range.startSeconds) {
      return `No chunk begins at second ${format(range.endSeconds ?? Infinity)}, where another one ends.`
    }
    if (next.facts.decoderConfig !== facts.decoderConfig) {
      return `The chunks before and after second ${second} have different decoder configurations.`
    }
    if (next.facts.timescale !== facts.timescale) {
      return `The chunks before and after second ${second} have different units of time.`
    }
    const gap = next.facts.startTicks - facts.endTicks
    if (isEven && Math.abs(gap) > 1) {
      return `The chunk from second ${second} begins ${gap} ticks of 1/${facts.timescale} s after the end of the one before.`
    }
  }
  return null
}

function checkAudio(
  audio: CompletedChunk | undefined,
  { trackSeconds, trackStarts, hasAudio }: Parameters<typeof checkChunks>[1],
): string | null {
  if (audio === undefined || !hasAudio) {
    return hasAudio ? 'The chunk with the audio is missing.' : 'Audio was not planned.'
  }
  const { startTicks, endTicks, timescale } = audio.facts
  const start = Math.max(0, startTicks) / timescale
  const plannedStart = trackStarts?.audio ?? null
  if (plannedStart !== null && Math.abs(start - plannedStart) > MAX_AUDIO_DIFFERENCE_SECONDS) {
    return `The audio begins at second ${format(start)} instead of ${format(plannedStart)}.`
  }
  const end = endTicks / timescale
  const plannedEnd = trackSeconds?.audio ?? null
  return plannedEnd !== null && Math.abs(end - plannedEnd) > MAX_AUDIO_DIFFERENCE_SECONDS
    ? `The audio ends at second ${format(end)} instead of ${format(plannedEnd)}.`
    : null
}

function format(seconds: number): string {
  return String(Math.round(seconds * 1e3) / 1e3)
}
