/**
 * Stores a stream while ffmpeg makes it. Owns what is stored when: segments once ffmpeg's own
 * playlists name them, playlists after what they name, the master once every track can be played, and
 * all that states final figures at the end. Where ffmpeg is faster than the line, it waits.
 */
import { watch } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MediaFacts } from '../../src/contract/mediaFacts.ts'
import * as layout from '../ffmpeg/streaming/streamLayout.ts'
import * as playlists from '../ffmpeg/streaming/playlists.ts'
import type { RenderPlan } from '../ffmpeg/renderPlan.ts'
import { executePlan } from '../attempt/executePlan.ts'
import { type PackageUploader, waitForAll } from './packageUploader.ts'
import type { RunningAttempt, StageTimer } from '../attempt/types.ts'
import { createTrackPublisher } from './trackPublisher.ts'
import { verifyStream, buildStreamFacts, probeTrack } from './verifyStream.ts'

/** Segments of every track that make a stream playable: one to show and one to go on with. */
const PLAYABLE = 2
/** What may wait on the disk to be stored, unless the runner has less to give. */
const MAX_WAITING_BYTES = 512 * 1024 ** 2
/** A look now and then, for folders of which the system does not tell what changes. */
const LOOK_MS = 1_000
/** What subtitles are said to last while nobody knows: a day, beyond which nothing is made. */
const UNKNOWN_SECONDS = 86_400

type StreamPlan = RenderPlan & { stream: layout.StreamLayout }

/** @returns the facts of the stream */
export async function publishStream(
  attempt: RunningAttempt,
  plan: StreamPlan,
  { timeStage, uploader }: { timeStage: StageTimer; uploader: PackageUploader },
): Promise<MediaFacts> {
  const { scratch, inputs, record } = attempt
  for (const folder of [layout.segmentsFolder(scratch), layout.packageFolder(scratch)]) {
    await mkdir(folder, { recursive: true })
  }
  // What is stored is a sign of life too, while ffmpeg waits for it.
  const bytesRead = () => inputs.bytesRead() + uploader.stored().bytes
  const publisher = publish(attempt, plan.stream, uploader)
  try {
    const facts = await executePlan(
      { ...attempt, inputs: { ...inputs, bytesRead } },
      plan,
      timeStage,
      () => publisher.check(record.stderrTail),
    )
    await timeStage('upload', () => publisher.finish())
    return facts
  } finally {
    await publisher.stop()
  }
}

function publish(attempt: RunningAttempt, stream: layout.StreamLayout, uploader: PackageUploader) {
  const { scratch, inputs, settings, state } = attempt
  const stopping = new AbortController()
  const signal = AbortSignal.any([attempt.signal, stopping.signal])
  const facts = new Map<string, MediaFacts>()
  const most = Math.min(MAX_WAITING_BYTES, (settings.diskBytes ?? Infinity) / 4)
  const tracks = stream.tracks.map((track) => {
    const probeFirst = async (file: string) => {
      facts.set(track.name, await probeTrack({ ...attempt, signal }, track, file))
    }
    return createTrackPublisher({ track, stream, folder: scratch, uploader, signal, probeFirst })
  })
  const measured = () => tracks.map((track) => track.measured)
  const put = async (name: string, text: string) => {
    const file = join(layout.packageFolder(scratch), name)
    await writeFile(file, text)
    await uploader.put(file, signal)
  }

  /** Stored with the caps for bandwidths; the one at the end takes its place. */
  let opened: Promise<void> | null = null
  function openWhenPlayable() {
    if (opened !== null || tracks.some((track) => track.counts().listed < PLAYABLE)) {
      return opened
    }
    opened = (async () => {
      if (stream.subtitles !== null) {
        await putSubtitles(stream.expectedSeconds ?? UNKNOWN_SECONDS)
      }
      await put(layout.MASTER_PLAYLIST, playlists.buildMasterPlaylist(measured(), stream, false))
      state.playable = true
    })()
    return opened
  }

  async function putSubtitles(seconds: number) {
    if (stream.subtitles === null) {
      return
    }
    await uploader.put(stream.subtitles.file, signal)
    await put(layout.SUBTITLES.playlist, playlists.buildSubtitlesPlaylist(seconds))
  }

  /** Of segments, once no more are made. */
  let left = 0
  const countLeft = () =>
    tracks
      .map((track) => track.counts())
      .reduce((sum, { whole, stored }) => sum + whole - stored, 0)
  const onStored = () => {
    keepPace()
    if (!over) {
      return
    }
    attempt.tracker.setUploadedShare(1 - countLeft() / left)
  }

  let changed = Promise.withResolvers<void>()
  let over = false
  const tell = () => {
    changed.resolve()
    changed = Promise.withResolvers()
  }
  const keepPace = () => {
    const waiting = tracks.reduce((sum, track) => sum + track.waitingBytes(), 0)
    if (waiting > most) {
      inputs.readGate.close()
    } else {
      inputs.readGate.open()
    }
  }
  async function look() {
    await Promise.all(tracks.map((track) => track.look()))
    keepPace()
    tell()
  }

  /** One track, for as long as it grows. */
  async function follow(track: (typeof tracks)[number]) {
    while (!signal.aborted && !over) {
      const { promise } = changed
      await track.store(onStored)
      await openWhenPlayable()
      await promise
    }
  }
  const watcher = watchFor(layout.segmentsFolder(scratch), '.m3u8', () => void look())
  const timer = setInterval(() => void look(), LOOK_MS)
  signal.addEventListener('abort', tell)
  const tracker = waitForAll(tracks.map(follow))
  tracker.catch((error: unknown) => {
    if (!signal.aborted) {
      attempt.end(error)
    }
  })

  return {
    /** Measures what is still on the disk, so that what is wrong is known before it is stored. */
    async check(stderr: string) {
      await look()
      await Promise.all(tracks.map((track) => track.end()))
      verifyStream(measured(), stream, stderr)
      return buildStreamFacts(measured(), facts)
    },
    /** Stores the rest, then all playlists as they remain, the master last. */
    async finish() {
      left = Math.max(1, countLeft())
      over = true
      tell()
      await tracker
      const there = tracks.filter((track) => track.counts().whole > 0)
      await waitForAll(there.map((track) => track.store(onStored)))
      const all = there.map((track) => track.measured)
      await waitForAll(there.map((track) => track.storeList(true)))
      await waitForAll(
        all
          .filter(({ track }) => track.video !== null)
          .map((each) =>
            put(
              layout.keyframesPlaylistName(each.track),
              playlists.buildKeyframesPlaylist(each, stream),
            ),
          ),
      )
      await putSubtitles(Math.max(...there.map((track) => track.seconds())))
      await put(layout.DASH_MANIFEST, playlists.buildDashManifest(all, stream))
      await put(layout.MASTER_PLAYLIST, playlists.buildMasterPlaylist(all, stream, true))
      state.playable = true
      attempt.tracker.setUploadedShare(1)
    },
    async stop() {
      stopping.abort(new Error('the stream is made, or given up'))
      clearInterval(timer)
      watcher?.close()
      inputs.readGate.open()
      await tracker.catch(() => {})
    },
  }
}

/** A folder that cannot be watched, as where the system has no watches left, is looked at all the same. */
function watchFor(folder: string, ending: string, onChange: () => void) {
  try {
    const watcher = watch(folder, (_, name) => {
      if (name === null || name.endsWith(ending)) {
        onChange()
      }
    })
    return watcher.on('error', () => {})
  } catch {
    return null
  }
}
