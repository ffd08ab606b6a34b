/**
 * Stores an HLS/DASH stream while ffmpeg makes it: segments as they are completed, the master
 * playlist once the stream can be played, and all playlists with final values at the end. When too
 * many bytes wait to be uploaded, reads of the source are paused.
 */
import { mkdir } from 'node:fs/promises'
import type { MediaFacts } from '../../src/contract/mediaFacts.ts'
import { executePlan } from '../attempt/executePlan.ts'
import { addNote, type RunningAttempt, type StageTimer } from '../attempt/types.ts'
import type { RenderPlan } from '../ffmpeg/renderPlan.ts'
import {
  MIN_PLAYABLE_SEGMENTS,
  packageFolder,
  segmentsFolder,
  type StreamLayout,
} from '../ffmpeg/streaming/streamLayout.ts'
import { createNotifier } from './notifier.ts'
import { type PackageUploader, waitForAll } from './packageUploader.ts'
import { createPlaylistPublisher } from './playlistPublisher.ts'
import { createTrackPublisher, type TrackPublisher } from './trackPublisher.ts'
import { buildStreamFacts, probeTrack, verifyStream } from './verifyStream.ts'
import { watchFolder } from './watchFolder.ts'

/**
 * Reads of the source are paused while more bytes of segments than this wait to be uploaded, or
 * more than a quarter of `DISK_BYTES` if that is less.
 */
const MAX_WAITING_BYTES = 512 * 1024 ** 2

/** @returns the facts of the stream */
export async function publishStream(
  attempt: RunningAttempt,
  plan: RenderPlan & { stream: StreamLayout },
  { timeStage, uploader }: { timeStage: StageTimer; uploader: PackageUploader },
): Promise<MediaFacts> {
  const { scratch, inputs, record } = attempt
  await mkdir(segmentsFolder(scratch), { recursive: true })
  await mkdir(packageFolder(scratch), { recursive: true })
  // Uploads count as progress too, because ffmpeg may be waiting for them.
  const bytesRead = () => inputs.bytesRead() + uploader.stored().bytes
  const publisher = startStreamPublisher(attempt, plan.stream, uploader)
  try {
    const facts = await executePlan(
      { ...attempt, inputs: { ...inputs, bytesRead } },
      plan,
      timeStage,
      () => publisher.verify(record.stderrTail),
    )
    await timeStage('upload', () => publisher.finish())
    return facts
  } finally {
    await publisher.stop()
  }
}

function startStreamPublisher(
  attempt: RunningAttempt,
  stream: StreamLayout,
  uploader: PackageUploader,
) {
  const { scratch, inputs, settings, state, tracker } = attempt
  const stopping = new AbortController()
  const signal = AbortSignal.any([attempt.signal, stopping.signal])
  const facts = new Map<string, MediaFacts>()
  const maxWaitingBytes = Math.min(MAX_WAITING_BYTES, (settings.diskBytes ?? Infinity) / 4)
  const playlists = createPlaylistPublisher({ stream, scratch, uploader, signal })
  const tracks = stream.tracks.map((track) => {
    const probeFirst = async (file: string) => {
      facts.set(track.name, await probeTrack({ ...attempt, signal }, track, file))
    }
    return createTrackPublisher({ track, stream, scratch, uploader, signal, probeFirst })
  })
  const measurements = () => tracks.map((track) => track.measured)
  const changes = createNotifier()
  /** True once no more segments are made. */
  let isComplete = false
  /** Number of segments, at least 1, that were not stored yet when `isComplete` became true. */
  let remainingSegments = 1

  function pauseReadsIfNeeded() {
    const waitingBytes = tracks.reduce((sum, track) => sum + track.waitingBytes(), 0)
    if (waitingBytes > maxWaitingBytes) {
      inputs.readGate.close()
    } else {
      inputs.readGate.open()
    }
  }

  async function scan() {
    await Promise.all(tracks.map((track) => track.scan()))
    pauseReadsIfNeeded()
    changes.notify()
  }

  function onStored() {
    pauseReadsIfNeeded()
    if (isComplete) {
      tracker.setUploadedShare(1 - countWaiting(tracks) / remainingSegments)
    }
  }

  let storingFirst: Promise<void> | null = null
  async function storeFirstPlaylists() {
    await playlists.storeFirst(measurements())
    state.playable = true
  }

  async function storeWhileGrowing(track: TrackPublisher) {
    while (!signal.aborted && !isComplete) {
      // Created before the upload, so that a change during the upload is not missed.
      const changed = changes.next()
      await track.storeSegments(onStored)
      if (tracks.every((each) => each.counts().listed >= MIN_PLAYABLE_SEGMENTS)) {
        storingFirst ??= storeFirstPlaylists()
      }
      await storingFirst
      await changed
    }
  }

  const stopWatching = watchFolder(segmentsFolder(scratch), '.m3u8', () => void scan())
  signal.addEventListener('abort', () => changes.notify())
  const storing = waitForAll(tracks.map(storeWhileGrowing))
  storing.catch((error: unknown) => {
    if (!signal.aborted) {
      attempt.end(error)
    }
  })

  return {
    /** Measures and verifies all segments that ffmpeg has made, before the last ones are stored. */
    async verify(stderr: string): Promise<MediaFacts> {
      await scan()
      await Promise.all(tracks.map((track) => track.finishMeasuring()))
      for (const note of verifyStream(measurements(), stream, stderr)) {
        addNote(attempt.record, note)
      }
      return buildStreamFacts(measurements(), facts)
    },
    /** Stores the remaining segments, then all playlists with their final values. */
    async finish() {
      remainingSegments = Math.max(1, countWaiting(tracks))
      isComplete = true
      changes.notify()
      await storing
      const present = tracks.filter((track) => track.counts().complete > 0)
      await waitForAll(present.map((track) => track.storeSegments(onStored)))
      await waitForAll(present.map((track) => track.storePlaylist(true)))
      const seconds = Math.max(...present.map((track) => track.seconds()))
      await playlists.storeFinal(
        present.map((track) => track.measured),
        seconds,
      )
      state.playable = true
      tracker.setUploadedShare(1)
    },
    async stop() {
      stopping.abort(new Error('the stream is finished or abandoned'))
      stopWatching()
      inputs.readGate.open()
      await storing.catch(() => {})
    },
  }
}

/** Counts the segments of all tracks that are complete but not stored. */
function countWaiting(tracks: readonly TrackPublisher[]): number {
  return tracks
    .map((track) => track.counts())
    .reduce((sum, { complete, stored }) => sum + complete - stored, 0)
}
