/**
 * Copies the segments of tracks that another variant of the original has already: the gateway has found
 * a variant whose track was made by the same commands. They are measured and verified like those that
 * ffmpeg makes. A track that cannot be read is encoded.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ChunkAssignment } from '../../src/contract/runnerProtocol.ts'
import { AttemptReleased, JobFailure, LeaseLost } from '../failures.ts'
import { findFirstSegment } from '../ffmpeg/chunks/chunkSegments.ts'
import { splitFragments } from '../ffmpeg/streaming/mp4Boxes.ts'
import * as layout from '../ffmpeg/streaming/streamLayout.ts'
import { runForEach } from '../runTogether.ts'
import type { RunningAttempt } from './types.ts'

const LISTED_SEGMENT = /_(\d{5,})\.m4s/g
const MAX_CONCURRENT_READS = 4

/** Segments are kept here until the encoder of the other tracks has ended, which empties their folder. */
function reusedFolder(scratch: string): string {
  return join(scratch, 'reused')
}

/** @returns the names of the tracks whose segments of this chunk are complete */
export async function downloadReusedTracks(
  attempt: RunningAttempt,
  chunk: ChunkAssignment,
  stream: layout.StreamLayout,
): Promise<Set<string>> {
  const reused = new Set<string>()
  const names = new Set(chunk.reusableTracks)
  const tracks = stream.tracks.filter(
    ({ name, video }) => names.has(name) && (video === null) === (chunk.kind === 'audio'),
  )
  for (const track of tracks) {
    try {
      await downloadTrack(attempt, chunk, { stream, track })
      reused.add(track.name)
    } catch (error) {
      const isEnded = error instanceof LeaseLost || error instanceof AttemptReleased
      if (isEnded || attempt.signal.aborted) {
        throw error
      }
      await removeTrack(attempt.scratch, track)
    }
  }
  return reused
}

/** Lists the names of the tracks that were downloaded. */
export async function listReusedTracks(scratch: string): Promise<string[]> {
  const names = await listReused(scratch)
  return [...new Set(names.map((name) => name.slice(0, name.indexOf('_'))))]
}

/** Moves the segments to those that ffmpeg has made. */
export async function addReusedTracks(scratch: string): Promise<void> {
  await mkdir(layout.segmentsFolder(scratch), { recursive: true })
  for (const name of await listReused(scratch)) {
    await rename(join(reusedFolder(scratch), name), join(layout.segmentsFolder(scratch), name))
  }
}

async function downloadTrack(
  { assignment, client, scratch, signal }: RunningAttempt,
  { startSeconds, endSeconds }: ChunkAssignment,
  { stream, track }: { stream: layout.StreamLayout; track: layout.Track },
): Promise<void> {
  const read = (name: string, either: AbortSignal) =>
    client.readReusedFile(assignment, name, either)
  const playlist = (await read(layout.playlistName(track), signal)).toString()
  const last = Number([...playlist.matchAll(LISTED_SEGMENT)].at(-1)?.[1] ?? 0)
  const first = findFirstSegment({ startSeconds }, stream).number
  const end =
    endSeconds === null ? last + 1 : findFirstSegment({ startSeconds: endSeconds }, stream).number
  if (end <= first || end > last + 1) {
    throw new JobFailure('storage', `The playlist of ${track.name} has other segments.`)
  }
  await mkdir(reusedFolder(scratch), { recursive: true })
  const names = Array.from({ length: end - first }, (_, at) =>
    layout.segmentName(track, first + at),
  )
  const limits = { max: MAX_CONCURRENT_READS, signal }
  await runForEach([layout.initName(track), ...names], limits, async (name, either) => {
    await writeFile(join(reusedFolder(scratch), name), await read(name, either))
  })
  if (endSeconds === null) {
    await splitLastSegment((at) =>
      join(reusedFolder(scratch), layout.segmentName(track, last + at)),
    )
  }
}

/** Undoes the merge of a short last segment, as after the encoder. The measurement merges it again. */
async function splitLastSegment(nameFile: (at: number) => string): Promise<void> {
  const fragments = splitFragments(await readFile(nameFile(0)))
  for (const [at, fragment] of fragments.entries()) {
    await writeFile(nameFile(at), fragment)
  }
}

async function removeTrack(scratch: string, { name }: layout.Track): Promise<void> {
  const names = await listReused(scratch)
  for (const each of names.filter((file) => file.startsWith(`${name}_`))) {
    await rm(join(reusedFolder(scratch), each))
  }
}

async function listReused(scratch: string): Promise<string[]> {
  return readdir(reusedFolder(scratch)).catch(() => [])
}
