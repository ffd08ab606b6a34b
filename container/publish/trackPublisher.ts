/**
 * One track of a stream on its way from the disk to storage: measured, stored, removed, segment by
 * segment and in order. Owns that its playlist never names what is not stored.
 */
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as layout from '../ffmpeg/streaming/streamLayout.ts'
import {
  mergeLastSegment,
  measuredSeconds,
  addInitSegment,
  addSegment,
  requireTimescale,
  createMeasurements,
} from '../ffmpeg/streaming/segmentMeasurements.ts'
import { buildTrackPlaylist } from '../ffmpeg/streaming/playlists.ts'
import type { PackageUploader } from './packageUploader.ts'

/** A growing playlist is stored anew for each hundredth that it grows, so that it stays affordable. */
const GROWTH = 100
/** Players pass over a last segment as short as that, and then wait for it for ever. */
const TINY_SECONDS = 0.3
const LISTED = /_(\d{5,})\.m4s/g

export function createTrackPublisher(options: {
  track: layout.Track
  stream: layout.StreamLayout
  /** The scratch folder. */
  folder: string
  uploader: PackageUploader
  signal: AbortSignal
  /** Looks into the first segment with its init segment before it, as one file. */
  probeFirst: (file: string) => Promise<void>
}) {
  const { track, stream, folder, uploader, signal } = options
  const measured = createMeasurements(track)
  const made = (name: string) => join(layout.segmentsFolder(folder), name)
  let taking = Promise.resolve()
  let whole = 0
  let stored = 0
  let listed = 0
  /** The segment that was last begun to be stored. */
  let begun = 0
  /** `whole` is final, and then also what is in the last of them. */
  let counted = false
  let ended = false

  /** Nothing can come that has to become part of it. */
  function isSettled(number: number): boolean {
    if (ended) {
      return true
    }
    const { segments } = measured
    const next = segments[number]
    const scale = requireTimescale(measured)
    if (next !== undefined) {
      return next.duration / scale >= TINY_SECONDS
    }
    const { start, duration } = segments[number - 1]!
    const ends = (start + duration) / scale
    return stream.expectedSeconds !== null && ends + stream.segmentSeconds < stream.expectedSeconds
  }

  async function takeNext() {
    const number = measured.segments.length + 1
    const segment = await readFile(made(layout.segmentName(track, number)))
    if (number === 1) {
      const init = await readFile(made(layout.initName(track)))
      addInitSegment(measured, init)
      const both = join(folder, `first_${track.name}.mp4`)
      await writeFile(both, Buffer.concat([init, segment]))
      await options.probeFirst(both)
    }
    addSegment(measured, segment, stream)
  }

  /** Measures all that is whole. One call after another, since each has to follow on. */
  function take(): Promise<void> {
    taking = taking.then(async () => {
      while (measured.segments.length < whole) {
        await takeNext()
      }
    })
    return taking
  }

  async function storeList(final: boolean) {
    const file = join(layout.packageFolder(folder), layout.playlistName(track))
    await writeFile(file, buildTrackPlaylist(measured, stored, stream, final))
    await uploader.put(file, signal)
    listed = stored
  }

  return {
    measured,
    take,
    storeList,
    /** Segments that are whole, stored, and named by the stored playlist. */
    counts: () => ({ whole, stored, listed }),
    /** Reads how far ffmpeg has come. Once it has ended, what became of its segments counts. */
    async look() {
      const text = await readFile(made(layout.playlistName(track)), 'utf8').catch(() => '')
      const last = [...text.matchAll(LISTED)].at(-1)
      if (!counted) {
        whole = Math.max(whole, Number(last?.[1] ?? 0))
      }
    },
    /**
     * No more is made. A last segment that is tiny becomes part of the one before, unless that is
     * stored already, as when the source is shorter than it says.
     */
    async end() {
      counted = true
      await take()
      const { segments } = measured
      const last = segments.at(-1)
      const tiny = last !== undefined && last.duration / requireTimescale(measured) < TINY_SECONDS
      if (tiny && segments.length > 1 && begun < segments.length - 1) {
        const [file, into] = [whole, whole - 1].map((at) => made(layout.segmentName(track, at)))
        await appendFile(into!, await readFile(file!))
        await rm(file!)
        mergeLastSegment(measured)
        whole -= 1
      }
      ended = true
    },
    /** Stores what is whole by now, and lists it when that is worth it. */
    async store(onStored: () => void): Promise<void> {
      while (stored < whole) {
        await take()
        if (!isSettled(stored + 1)) {
          return
        }
        begun = stored + 1
        if (stored === 0) {
          await uploader.put(made(layout.initName(track)), signal)
        }
        const file = made(layout.segmentName(track, stored + 1))
        await uploader.put(file, signal)
        await rm(file)
        stored += 1
        onStored()
        if (stored - listed > listed / GROWTH) {
          await storeList(false)
        }
      }
    },
    /** About what lies on the disk still to be stored. */
    waitingBytes() {
      const { segments, bytes } = measured
      const each =
        segments.length > 0
          ? bytes / segments.length
          : (track.maxBitRate / 8) * stream.segmentSeconds
      return (whole - stored) * each
    },
    seconds: () => measuredSeconds(measured),
  }
}
