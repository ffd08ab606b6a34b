/**
 * Publishes the start of a stream while its chunks are made in any order: the segments up to the first
 * chunk that is not completed. The runner of the audio does it while it makes it, and then the runner of
 * the next chunk, whose assignment has the chunks that are completed. Playlists have versions, so that
 * a late one does not replace a longer one.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ChunkAssignment, CompletedChunk } from '../../src/contract/runnerProtocol.ts'
import { addNote, type RunningAttempt } from '../attempt/types.ts'
import { joinParts, streamPart, type StreamPart } from '../ffmpeg/chunks/streamParts.ts'
import { buildMasterPlaylist, buildTrackPlaylist } from '../ffmpeg/streaming/playlists.ts'
import {
  requireTimescale,
  type TrackMeasurements,
} from '../ffmpeg/streaming/segmentMeasurements.ts'
import * as layout from '../ffmpeg/streaming/streamLayout.ts'
import { downloadChunks } from '../gateway/downloadChunks.ts'

const MAX_PARTS_KEPT = 1_000

/** Parts that this process has read, because it reads those of a job again with each chunk. */
const partsRead = new Map<string, StreamPart>()

/**
 * Downloads the parts (see streamParts.ts) of completed chunks.
 *
 * @throws see `downloadChunks`
 */
export async function readParts(
  { assignment, client, scratch, signal }: RunningAttempt,
  { completedChunks, jobId, planKey }: ChunkAssignment,
): Promise<StreamPart[]> {
  const nameKey = ({ index, facts }: CompletedChunk) =>
    [jobId, planKey, index, facts.decoderConfig, facts.sizeBytes, facts.sha256].join(' ')
  const nameFile = ({ index }: CompletedChunk) => join(scratch, `part-${index}.json`)
  const known = completedChunks.map((chunk) => partsRead.get(nameKey(chunk)))
  const missing = completedChunks.filter((_, at) => known[at] === undefined)
  await downloadChunks({ client, lease: assignment, signal }, missing, nameFile)
  if (partsRead.size + missing.length > MAX_PARTS_KEPT) {
    partsRead.clear()
  }
  const read: StreamPart[] = []
  for (const [at, chunk] of completedChunks.entries()) {
    const part = known[at] ?? streamPart.parse(JSON.parse(await readFile(nameFile(chunk), 'utf8')))
    partsRead.set(nameKey(chunk), part)
    read.push(part)
  }
  return read
}

/** A failure does not end the attempt, because the join stores all playlists anyway. */
export async function publishStart(
  attempt: RunningAttempt,
  stream: layout.StreamLayout,
  chunk: ChunkAssignment,
): Promise<void> {
  await createStartPublisher(attempt, stream)(chunk, null)
}

/**
 * Returns a function that publishes the start.
 *
 * @param growing the stored segments of audio while it is made; null when it is completed
 */
export function createStartPublisher(attempt: RunningAttempt, whole: layout.StreamLayout) {
  const stream = { ...whole, subtitles: null }
  let published = ''
  let hasFailed = false
  return async (chunk: ChunkAssignment, growing: TrackMeasurements | null): Promise<void> => {
    try {
      if (!chunk.completedChunks.some(({ kind }) => kind === 'video')) {
        return
      }
      const joined = joinParts(await readParts(attempt, chunk), stream).measured
      const measured = joined.map((each) =>
        each.track.name === growing?.track.name ? growing : each,
      )
      const counts = countPlayable(measured, growing)
      const isPlayable = counts.every((count) => count >= layout.MIN_PLAYABLE_SEGMENTS)
      if (isPlayable && String(counts) !== published) {
        await storeStart(attempt, stream, measured, counts)
        published = String(counts)
      }
    } catch (error) {
      if (!attempt.signal.aborted && !hasFailed) {
        hasFailed = true
        const reason = error instanceof Error ? error.message : String(error)
        addNote(attempt.record, `The start of the stream could not be published: ${reason}`)
      }
    }
  }
}

async function storeStart(
  { assignment, client, scratch, signal }: RunningAttempt,
  stream: layout.StreamLayout,
  measured: readonly TrackMeasurements[],
  counts: readonly number[],
): Promise<void> {
  const store = async (name: string, text: string, version: number) => {
    const file = join(layout.packageFolder(scratch), name)
    await writeFile(file, text)
    await client.putFile(assignment, name, { file, version }, signal)
  }
  for (const [index, each] of measured.entries()) {
    const count = counts[index]!
    const text = buildTrackPlaylist(each, count, stream, false)
    await store(layout.playlistName(each.track), text, count)
  }
  // It does not change until the end, so the first one is kept.
  await store(layout.MASTER_PLAYLIST, buildMasterPlaylist(measured, stream, false), 1)
}

/**
 * Counts the segments of each track that begin before the end of the video that is completed, and of
 * audio that is being made.
 */
function countPlayable(
  measured: readonly TrackMeasurements[],
  growing: TrackMeasurements | null,
): number[] {
  const video = measured.find(({ track }) => track.video !== null)
  const end = Math.min(findEnd(video), growing === null ? Infinity : findEnd(growing))
  return measured.map(
    (each) =>
      each.segments.filter(({ start }) => start / requireTimescale(each) < end - 0.001).length,
  )
}

function findEnd(track: TrackMeasurements | undefined): number {
  const last = track?.segments.at(-1)
  return track && last ? (last.start + last.duration) / requireTimescale(track) : 0
}
