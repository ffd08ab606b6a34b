/**
 * One track of a stream on its way from the disk to storage: measured, stored, removed, segment by
 * segment and in order. Owns that its playlist never names what is not stored.
 */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as layout from './ffmpeg/layout.ts'
import { secondsOf, takeInit, takeSegment, unmeasured } from './ffmpeg/measure.ts'
import { trackPlaylist } from './ffmpeg/playlists.ts'
import type { Shelf } from './shelf.ts'

export type StoredTrack = ReturnType<typeof createStoredTrack>

/** A growing playlist is stored anew for each hundredth that it grows, so that it stays affordable. */
const GROWTH = 100
const LISTED = /_(\d{5,})\.m4s/g

export function createStoredTrack(options: {
  track: layout.Track
  stream: layout.StreamLayout
  /** The scratch folder. */
  folder: string
  shelf: Shelf
  signal: AbortSignal
  /** Looks into the first segment with its init segment before it, as one file. */
  probeFirst: (file: string) => Promise<void>
}) {
  const { track, stream, folder, shelf, signal } = options
  const measured = unmeasured(track)
  const made = (name: string) => join(layout.segmentsIn(folder), name)
  let taking = Promise.resolve()
  let whole = 0
  let stored = 0
  let listed = 0

  async function takeNext() {
    const number = measured.segments.length + 1
    const segment = await readFile(made(layout.segmentName(track, number)))
    if (number === 1) {
      const init = await readFile(made(layout.initName(track)))
      takeInit(measured, init)
      const both = join(folder, `first_${track.name}.mp4`)
      await writeFile(both, Buffer.concat([init, segment]))
      await options.probeFirst(both)
    }
    takeSegment(measured, segment, stream)
  }

  /** Measures all that is whole. One call after another, since each has to follow on. */
  function take(): Promise<void> {
    taking = taking.then(async () => {
      while (measured.segments.length < whole) await takeNext()
    })
    return taking
  }

  async function storeList(ended: boolean) {
    const file = join(layout.packageIn(folder), layout.playlistName(track))
    await writeFile(file, trackPlaylist(measured, stored, stream, ended))
    await shelf.put(file, signal)
    listed = stored
  }

  return {
    measured,
    take,
    storeList,
    /** Segments that are whole, stored, and named by the stored playlist. */
    counts: () => ({ whole, stored, listed }),
    /** Reads how far ffmpeg has come. */
    async look() {
      const text = await readFile(made(layout.playlistName(track)), 'utf8').catch(() => '')
      const last = [...text.matchAll(LISTED)].at(-1)
      whole = Math.max(whole, Number(last?.[1] ?? 0))
    },
    /** Stores what is whole by now, and lists it when that is worth it. */
    async store(onStored: () => void): Promise<void> {
      while (stored < whole) {
        await take()
        if (stored === 0) await shelf.put(made(layout.initName(track)), signal)
        const file = made(layout.segmentName(track, stored + 1))
        await shelf.put(file, signal)
        await rm(file)
        stored += 1
        onStored()
        if (stored - listed > listed / GROWTH) await storeList(false)
      }
    },
    /** About what lies on the disk still to be stored. */
    waitingBytes() {
      const { segments, bytes } = measured
      const each =
        segments.length > 0 ? bytes / segments.length : (track.capBits / 8) * stream.segmentSeconds
      return (whole - stored) * each
    },
    seconds: () => secondsOf(measured),
  }
}
