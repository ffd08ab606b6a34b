/**
 * Makes the chunk of the audio of a stream, stores its segments while ffmpeg makes them, and publishes
 * the start of the stream as far as the audio and the completed chunks of video go together. No other
 * runner can publish it, until the audio is completed.
 */
import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MediaFacts } from '../../src/contract/mediaFacts.ts'
import type { ChunkAssignment, CompletedChunk } from '../../src/contract/runnerProtocol.ts'
import { executePlan } from '../attempt/executePlan.ts'
import type { RunningAttempt, StageTimer } from '../attempt/types.ts'
import { asUnsplit } from '../failures.ts'
import type { StreamPlan } from '../ffmpeg/chunks/planStreamChunk.ts'
import { describeTrackPart } from '../ffmpeg/chunks/streamParts.ts'
import type { TrackMeasurements } from '../ffmpeg/streaming/segmentMeasurements.ts'
import * as layout from '../ffmpeg/streaming/streamLayout.ts'
import { createNotifier } from './notifier.ts'
import type { PackageUploader } from './packageUploader.ts'
import { createStartPublisher } from './publishStart.ts'
import { createTrackPublisher, type TrackPublisher } from './trackPublisher.ts'
import { probeTrack } from './verifyStream.ts'
import { watchFolder } from './watchFolder.ts'

/** The gateway is asked for completed chunks this often while the audio is made. */
const MIN_ASK_INTERVAL_MS = 3_000

interface AudioChunk {
  chunk: ChunkAssignment
  /** The layout of the whole stream. */
  whole: layout.StreamLayout
  uploader: PackageUploader
  /** Returns the facts of the measured audio. */
  describe: (measured: TrackMeasurements[]) => MediaFacts
}

/** @returns the measurements; all segments are stored by then */
export async function makeAudioSegments(
  attempt: RunningAttempt,
  plan: StreamPlan,
  audio: AudioChunk,
  timeStage: StageTimer,
) {
  await mkdir(layout.segmentsFolder(attempt.scratch), { recursive: true })
  const publisher = startAudioPublisher(attempt, plan.stream, audio)
  try {
    const output = await executePlan(attempt, plan, timeStage, async () => {
      await publisher.finishMeasuring()
      return audio.describe([publisher.measured])
    })
    await timeStage('upload', () => publisher.finish())
    return { output, part: await publisher.describePart(), measured: [publisher.measured] }
  } finally {
    await publisher.stop()
  }
}

function startAudioPublisher(
  attempt: RunningAttempt,
  stream: layout.StreamLayout,
  { chunk, whole, uploader }: AudioChunk,
) {
  const { scratch } = attempt
  const stopping = new AbortController()
  const signal = AbortSignal.any([attempt.signal, stopping.signal])
  const changes = createNotifier()
  let facts: MediaFacts | null = null
  const track = createTrackPublisher({
    track: stream.tracks[0]!,
    stream,
    scratch,
    uploader,
    signal,
    storesPlaylist: false,
    async probeFirst(file) {
      facts = await probeTrack({ ...attempt, signal }, stream.tracks[0]!, file)
    },
  })
  const publishStart = createGrowingStart(attempt, whole, chunk)
  let isComplete = false

  async function storeWhileGrowing() {
    while (!signal.aborted && !isComplete) {
      // Created before the upload, so that a change during the upload is not missed.
      const changed = changes.next()
      await track.storeSegments(() => publishStart(track))
      await publishStart(track)
      await changed
    }
  }

  async function scan() {
    await track.scan()
    changes.notify()
  }

  const stopWatching = watchFolder(layout.segmentsFolder(scratch), '.m3u8', () => void scan())
  signal.addEventListener('abort', () => changes.notify())
  const storing = storeWhileGrowing().catch(asUnsplit)
  storing.catch((error: unknown) => {
    if (!signal.aborted) {
      attempt.end(error)
    }
  })

  return {
    measured: track.measured,
    async finishMeasuring(): Promise<void> {
      await scan()
      await track.finishMeasuring().catch(asUnsplit)
    },
    /** Stores the remaining segments. */
    async finish(): Promise<void> {
      isComplete = true
      changes.notify()
      await storing
      await track.storeSegments(() => publishStart(track))
    },
    async describePart() {
      const init = await readFile(
        join(layout.segmentsFolder(scratch), layout.initName(stream.tracks[0]!)),
      )
      const hash = createHash('sha256').update(init).digest('hex')
      return { tracks: [describeTrackPart(track.measured, { hash, bytes: init.length }, facts)] }
    },
    async stop(): Promise<void> {
      stopping.abort(new Error('the audio is finished or abandoned'))
      stopWatching()
      await storing.catch(() => {})
    },
  }
}

/** Returns a function that publishes the start again when the audio or the chunks of video have grown. */
function createGrowingStart(
  attempt: RunningAttempt,
  whole: layout.StreamLayout,
  chunk: ChunkAssignment,
) {
  const publish = createStartPublisher(attempt, whole)
  let completedChunks: readonly CompletedChunk[] = chunk.completedChunks
  let askedAt = -Infinity

  async function askIfDue() {
    if (performance.now() - askedAt < MIN_ASK_INTERVAL_MS) {
      return
    }
    const { client, assignment, signal } = attempt
    try {
      completedChunks = await client.listCompletedChunks(assignment, signal)
    } catch {
      signal.throwIfAborted()
    }
    askedAt = performance.now()
  }

  return async (track: TrackPublisher): Promise<void> => {
    const { stored } = track.counts()
    if (stored >= layout.MIN_PLAYABLE_SEGMENTS) {
      await askIfDue()
      const segments = track.measured.segments.slice(0, stored)
      await publish(
        { ...chunk, completedChunks: [...completedChunks] },
        { ...track.measured, segments },
      )
    }
  }
}
