/** Makes a chunk of a stream and stores its segments, or puts the segments of all chunks together. */
import { createHash } from 'node:crypto'
import { mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ChunkFacts } from '../../src/contract/chunk.ts'
import type { MediaFacts } from '../../src/contract/mediaFacts.ts'
import type { ChunkAssignment } from '../../src/contract/runnerProtocol.ts'
import { addReusedTracks, listReusedTracks } from '../attempt/reusedTracks.ts'
import { executePlan } from '../attempt/executePlan.ts'
import { addNote, type RunningAttempt, type StageTimer } from '../attempt/types.ts'
import { asUnsplit, JobFailure } from '../failures.ts'
import type { StreamPlan } from '../ffmpeg/chunks/planStreamChunk.ts'
import { joinParts, type StreamPart } from '../ffmpeg/chunks/streamParts.ts'
import { buildTrackPlaylist } from '../ffmpeg/streaming/playlists.ts'
import {
  measuredSeconds,
  requireTimescale,
  type TrackMeasurements,
} from '../ffmpeg/streaming/segmentMeasurements.ts'
import * as layout from '../ffmpeg/streaming/streamLayout.ts'
import { hashFile } from '../gateway/hashFile.ts'
import { uploadOutput } from '../gateway/uploadOutput.ts'
import { checkStoredFiles } from './checkStoredFiles.ts'
import { makeAudioSegments } from './makeAudioSegments.ts'
import { countFrames, measureStreamChunk } from './measureStreamChunk.ts'
import { createPackageUploader, waitForAll } from './packageUploader.ts'
import { createPlaylistPublisher } from './playlistPublisher.ts'
import { publishStart, readParts } from './publishStart.ts'
import { buildStreamFacts, verifyStream } from './verifyStream.ts'

/** @returns the fields of a finish request, except the fence and those of the attempt record */
export async function publishChunk(
  attempt: RunningAttempt,
  plan: StreamPlan,
  { chunk, whole }: { chunk: ChunkAssignment; whole: layout.StreamLayout },
  timeStage: StageTimer,
) {
  await mkdir(layout.packageFolder(attempt.scratch), { recursive: true })
  if (chunk.kind === 'join') {
    return joinPackage(attempt, plan, chunk, timeStage)
  }
  const reused = await listReusedTracks(attempt.scratch)
  if (chunk.kind === 'audio' && reused.length === 0) {
    return makeAudio(attempt, plan, { chunk, whole }, timeStage)
  }
  const start = publishStart(attempt, whole, chunk)
  try {
    return await makeSegments(attempt, plan, { chunk, reused }, timeStage)
  } finally {
    await start
  }
}

async function makeSegments(
  attempt: RunningAttempt,
  plan: StreamPlan,
  { chunk, reused }: { chunk: ChunkAssignment; reused: string[] },
  timeStage: StageTimer,
) {
  const { scratch, tracker } = attempt
  let chunkFiles: Awaited<ReturnType<typeof measureStreamChunk>> | null = null
  const output = await executePlan(attempt, plan, timeStage, async () => {
    await addReusedTracks(scratch)
    chunkFiles = await measureStreamChunk(attempt, plan.stream, chunk).catch(asUnsplit)
    return describeOutput(chunkFiles.measured)
  })
  const { part, measured, names } = chunkFiles!
  return timeStage('upload', async () => {
    const uploader = createPackageUploader(attempt)
    const path = (name: string) => join(layout.segmentsFolder(scratch), name)
    // All chunks have the same init segments, which the join verifies.
    const inits = chunk.startSeconds === 0 ? plan.stream.tracks.map(layout.initName) : []
    const files = [...inits, ...names]
    let stored = 0
    await waitForAll(
      files.map(async (name) => {
        await uploader.upload(path(name))
        await rm(path(name))
        stored += 1
        tracker.setUploadedShare((stored / files.length) * 0.99)
      }),
    )
    const finish = await storePart(attempt, { ...part, etags: uploader.etags() }, measured)
    return { ...finish, output, chunk: { ...finish.chunk, reusedTracks: reused } }
  })
}

async function makeAudio(
  attempt: RunningAttempt,
  plan: StreamPlan,
  audio: { chunk: ChunkAssignment; whole: layout.StreamLayout },
  timeStage: StageTimer,
) {
  const uploader = createPackageUploader(attempt)
  const { output, part, measured } = await makeAudioSegments(
    attempt,
    plan,
    { ...audio, uploader, describe: describeOutput },
    timeStage,
  )
  return timeStage('upload', async () => ({
    ...(await storePart(attempt, { ...part, etags: uploader.etags() }, measured)),
    output,
  }))
}

/** Stores the document of a chunk, whose segments are stored. */
async function storePart(
  { assignment, client, scratch, signal, state, tracker }: RunningAttempt,
  part: StreamPart,
  measured: readonly TrackMeasurements[],
) {
  const file = join(scratch, 'part.json')
  await writeFile(file, JSON.stringify(part))
  const { size: sizeBytes } = await stat(file)
  const sha256 = await hashFile(file, signal)
  const uploaded = await uploadOutput({
    client,
    lease: assignment,
    file,
    signal,
    request: { ...state, sizeBytes },
    onProgress: () => tracker.setUploadedShare(1),
  })
  return {
    outcome: 'completed' as const,
    ...uploaded,
    chunk: { ...describeChunk(part, measured, sizeBytes), sha256 },
  }
}

function describeOutput(measured: readonly TrackMeasurements[]): MediaFacts {
  const { video } = measured.at(-1)!.track
  return {
    format: 'hls',
    durationSeconds: Math.max(...measured.map(measuredSeconds)),
    sizeBytes: measured.reduce((sum, { bytes }) => sum + bytes, 0),
    videoCodec: video?.codec ?? null,
    audioCodec: video === null ? 'aac' : null,
    width: video?.size.width ?? null,
    height: video?.size.height ?? null,
    frameRate: video?.frameRate ?? null,
  }
}

/** Facts of the smallest size; those of the others are in the part. */
function describeChunk(
  { tracks }: StreamPart,
  [first]: readonly TrackMeasurements[],
  sizeBytes: number,
): ChunkFacts {
  const measured = first!
  const timescale = requireTimescale(measured)
  const { start } = measured.segments[0]!
  const { init } = measured
  const inits = tracks.map(({ initHash }) => initHash).join(' ')
  return {
    sizeBytes,
    frames: countFrames(measured),
    samples:
      measured.track.video === null
        ? Math.round(measuredSeconds(measured) * (init?.sampleRate ?? timescale))
        : null,
    timescale,
    startTicks: start,
    endTicks: start + Math.round(measuredSeconds(measured) * timescale),
    decoderConfig: createHash('sha256').update(inits).digest('hex'),
  }
}

/** Verifies that the chunks fit together, and stores the playlists and the manifest. */
async function joinPackage(
  attempt: RunningAttempt,
  plan: StreamPlan,
  chunk: ChunkAssignment,
  timeStage: StageTimer,
) {
  const { scratch, signal, record, tracker } = attempt
  const { stream } = plan
  const parts = await timeStage('analyse', async () => {
    const read = await readParts(attempt, chunk)
    await checkStoredFiles(attempt, chunk, read)
    return read
  })
  const joined = joinParts(parts, stream)
  const { measured } = joined
  const output = await executePlan(attempt, plan, timeStage, async () => {
    checkTotal(measured, chunk)
    for (const note of verifyStream(measured, stream, '')) {
      addNote(record, note)
    }
    return buildStreamFacts(measured, joined.facts)
  })
  const uploader = createPackageUploader(attempt)
  const store = async (name: string, text: string) => {
    const file = join(layout.packageFolder(scratch), name)
    await writeFile(file, text)
    await uploader.upload(file)
  }
  await timeStage('upload', async () => {
    const present = measured.filter(({ segments }) => segments.length > 0)
    await waitForAll(
      present.map((each) =>
        store(
          layout.playlistName(each.track),
          buildTrackPlaylist(each, each.segments.length, stream, true),
        ),
      ),
    )
    const seconds = Math.max(...present.map(measuredSeconds))
    const playlists = createPlaylistPublisher({ stream, scratch, uploader, signal })
    await playlists.storeFinal(present, seconds)
    tracker.setUploadedShare(1)
  })
  const stored = uploader.stored()
  const count = measured.reduce((sum, { segments }) => sum + segments.length + 1, 0)
  const bytes = measured.reduce((sum, each) => sum + each.bytes, 0)
  const sizeBytes = stored.bytes + bytes
  return {
    outcome: 'packaged' as const,
    files: stored.files + count,
    sizeBytes,
    output: { ...output, sizeBytes },
  }
}

/** @throws JobFailure `output_invalid` when the segments have other frames than the chunks reported */
function checkTotal(
  measured: readonly TrackMeasurements[],
  { completedChunks }: ChunkAssignment,
): void {
  const expected = completedChunks.reduce((sum, { facts }) => sum + (facts.frames ?? 0), 0)
  for (const each of measured) {
    const frames = countFrames(each)
    if (frames !== null && frames !== expected) {
      throw new JobFailure(
        'output_invalid',
        `The chunks have ${frames} frames of ${each.track.name} together instead of ${expected}.`,
      )
    }
  }
}
