/**
 * Publishes the start of a stream while its chunks are made in any order: the segments up to the first
 * chunk that is not completed. The runner of the next chunk does it, because its assignment has the chunks
 * that are completed. Playlists have versions, so that a late one does not replace a longer one.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ChunkAssignment } from '../../src/contract/runnerProtocol.ts'
import { addNote, type RunningAttempt } from '../attempt/types.ts'
import { joinParts, streamPart, type StreamPart } from '../ffmpeg/chunks/streamParts.ts'
import { buildMasterPlaylist, buildTrackPlaylist } from '../ffmpeg/streaming/playlists.ts'
import {
  requireTimescale,
  type TrackMeasurements,
} from '../ffmpeg/streaming/segmentMeasurements.ts'
import * as layout from '../ffmpeg/streaming/streamLayout.ts'
import { downloadChunk } from '../gateway/downloadChunk.ts'

const MAX_PARTS_KEPT = 1_000

/** Parts that this process has read, because it reads those of a job again with each chunk. */
const partsRead = new Map<string, StreamPart>()

/** Downloads the parts (see streamParts.ts) of completed chunks. */
export async function readParts(
  { assignment, client, scratch, signal }: RunningAttempt,
  { completedChunks, jobId, planKey }: ChunkAssignment,
): Promise<StreamPart[]> {
  const read: StreamPart[] = []
  for (const { facts, index } of completedChunks) {
    const key = [jobId, planKey, index, facts.decoderConfig, facts.sizeBytes].join(' ')
    let part = partsRead.get(key)
    if (part === undefined) {
      const file = join(scratch, `part-${index}.json`)
      await downloadChunk({ client, lease: assignment, index, file, signal, ...facts })
      part = streamPart.parse(JSON.parse(await readFile(file, 'utf8')))
      if (partsRead.size >= MAX_PARTS_KEPT) {
        partsRead.clear()
      }
      partsRead.set(key, part)
    }
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
  try {
    await storeStart(attempt, { ...stream, subtitles: null }, chunk)
  } catch (error) {
    if (!attempt.signal.aborted) {
      const reason = error instanceof Error ? error.message : String(error)
      addNote(attempt.record, `The start of the stream could not be published: ${reason}`)
    }
  }
}

async function storeStart(
  attempt: RunningAttempt,
  stream: layout.StreamLayout,
  chunk: ChunkAssignment,
): Promise<void> {
  const { assignment, client, scratch, signal } = attempt
  const isPossible = chunk.completedChunks.some(({ kind }) => kind === 'video')
  if (!isPossible) {
    return
  }
  const { measured } = joinParts(await readParts(attempt, chunk), stream)
  const counts = countPlayable(measured)
  if (counts.some((count) => count < layout.MIN_PLAYABLE_SEGMENTS)) {
    return
  }
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

/** Counts the segments of each track that begin before the end of the video that is completed. */
function countPlayable(measured: readonly TrackMeasurements[]): number[] {
  const video = measured.find(({ track }) => track.video !== null)
  const last = video?.segments.at(-1)
  const end = video && last ? (last.start + last.duration) / requireTimescale(video) : 0
  return measured.map(
    (each) =>
      each.segments.filter(({ start }) => start / requireTimescale(each) < end - 0.001).length,
  )
}
