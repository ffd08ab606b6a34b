/** Reads the segments of a track that ffmpeg has completed, and measures them in order. */
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  addInitSegment,
  addSegment,
  createMeasurements,
  mergeLastSegment,
  requireTimescale,
} from '../ffmpeg/streaming/segmentMeasurements.ts'
import * as layout from '../ffmpeg/streaming/streamLayout.ts'

/**
 * Players can skip a last segment that is shorter than this, and then wait for it without an end.
 */
export const MIN_SEGMENT_SECONDS = 0.3
/** A segment in ffmpeg's playlist. */
const LISTED_SEGMENT = /_(\d{5,})\.m4s/g

export interface SegmentReaderOptions {
  track: layout.Track
  stream: layout.StreamLayout
  scratch: string
  /** Probes a file that has the init segment and the first segment. */
  probeFirst: (file: string) => Promise<void>
}

export function createSegmentReader(options: SegmentReaderOptions) {
  const { track, stream, scratch } = options
  const measured = createMeasurements(track)
  const path = (name: string) => join(layout.segmentsFolder(scratch), name)
  const segmentPath = (number: number) => path(layout.segmentName(track, number))
  let measuring = Promise.resolve()
  /** Number of segments that ffmpeg has completed. */
  let complete = 0
  /** True once ffmpeg has ended. `complete` then changes only if the last segment is merged. */
  let hasEnded = false
  /** True once the last segment has been merged or kept, so that all segments can be stored. */
  let isFinal = false

  async function measureNext() {
    const number = measured.segments.length + 1
    const segment = await readFile(segmentPath(number))
    if (number === 1) {
      const init = await readFile(path(layout.initName(track)))
      addInitSegment(measured, init)
      const file = join(scratch, `first_${track.name}.mp4`)
      await writeFile(file, Buffer.concat([init, segment]))
      await options.probeFirst(file)
    }
    addSegment(measured, segment, stream)
  }

  /** Calls are queued, because each segment is checked against the previous one. */
  function measure(): Promise<void> {
    measuring = measuring.then(async () => {
      while (measured.segments.length < complete) {
        await measureNext()
      }
    })
    return measuring
  }

  /** Returns true when no later segment can still be merged into this measured segment. */
  function canStore(number: number): boolean {
    if (isFinal) {
      return true
    }
    const { segments } = measured
    const timescale = requireTimescale(measured)
    const next = segments[number]
    if (next !== undefined) {
      return next.duration / timescale >= MIN_SEGMENT_SECONDS
    }
    const { start, duration } = segments[number - 1]!
    const end = (start + duration) / timescale
    return stream.expectedSeconds !== null && end + stream.segmentSeconds < stream.expectedSeconds
  }

  async function mergeShortLastSegment(storing: number) {
    const { segments } = measured
    const last = segments.at(-1)
    if (last === undefined || last.duration / requireTimescale(measured) >= MIN_SEGMENT_SECONDS) {
      return
    }
    // Merges only if the upload of the previous segment has not begun. It may have begun if the
    // source is shorter than it declares.
    if (segments.length > 1 && storing < segments.length - 1) {
      await appendFile(segmentPath(complete - 1), await readFile(segmentPath(complete)))
      await rm(segmentPath(complete))
      mergeLastSegment(measured)
      complete -= 1
    }
  }

  return {
    measured,
    measure,
    canStore,
    segmentPath,
    initPath: path(layout.initName(track)),
    complete: () => complete,
    /** Reads ffmpeg's playlist: its last segment, and all before it, are complete. */
    async scan() {
      const playlist = path(layout.playlistName(track))
      const text = await readFile(playlist, 'utf8').catch(() => '')
      const last = [...text.matchAll(LISTED_SEGMENT)].at(-1)
      if (!hasEnded) {
        complete = Math.max(complete, Number(last?.[1] ?? 0))
      }
    },
    /**
     * Measures the remaining segments after ffmpeg has ended, and merges a short last one.
     *
     * @param storing returns the number of the last segment whose upload has begun
     */
    async finish(storing: () => number) {
      hasEnded = true
      await measure()
      await mergeShortLastSegment(storing())
      isFinal = true
    },
  }
}
