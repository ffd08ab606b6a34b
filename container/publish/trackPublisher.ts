/**
 * Stores one track of a stream while ffmpeg makes it: uploads its segments in order, deletes the
 * local file of each, and updates the playlist. The stored playlist never names a segment that is
 * not stored.
 */
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildTrackPlaylist } from '../ffmpeg/streaming/playlists.ts'
import { measuredSeconds } from '../ffmpeg/streaming/segmentMeasurements.ts'
import { packageFolder, playlistName } from '../ffmpeg/streaming/streamLayout.ts'
import type { PackageUploader } from './packageUploader.ts'
import { createSegmentReader, type SegmentReaderOptions } from './segmentReader.ts'

/**
 * The playlist is stored again when it has grown by this share, so that a stream of many segments
 * does not store it for each of them.
 */
const PLAYLIST_GROWTH = 0.01

export type TrackPublisher = ReturnType<typeof createTrackPublisher>

export function createTrackPublisher(
  options: SegmentReaderOptions & {
    uploader: PackageUploader
    signal: AbortSignal
    /** False for a chunk, whose segments are not all that the playlist names. True by default. */
    storesPlaylist?: boolean
  },
) {
  const { track, stream, scratch, uploader, signal, storesPlaylist = true } = options
  const reader = createSegmentReader(options)
  const { measured } = reader
  let stored = 0
  /** Number of segments in the stored playlist. */
  let listed = 0
  /** Number (from 1) of the last segment whose upload has begun; 0 before the first. */
  let storing = 0

  async function storePlaylist(isFinal: boolean) {
    const file = join(packageFolder(scratch), playlistName(track))
    await writeFile(file, buildTrackPlaylist(measured, stored, stream, isFinal))
    await uploader.upload(file, signal)
    listed = stored
  }

  async function storeNextSegment() {
    storing = stored + 1
    if (storing === 1) {
      await uploader.upload(reader.initPath, signal)
    }
    const file = reader.segmentPath(storing)
    await uploader.upload(file, signal)
    await rm(file)
    stored += 1
  }

  return {
    measured,
    storePlaylist,
    scan: () => reader.scan(),
    finishMeasuring: () => reader.finish(() => storing),
    /** Counts the segments that are complete, stored, and in the stored playlist. */
    counts: () => ({ complete: reader.complete(), stored, listed }),
    /** Stores complete segments that cannot change any more, and the playlist when it has grown. */
    async storeSegments(onStored: () => void | Promise<void>): Promise<void> {
      while (stored < reader.complete()) {
        await reader.measure()
        if (!reader.canStore(stored + 1)) {
          return
        }
        await storeNextSegment()
        await onStored()
        if (storesPlaylist && stored - listed > listed * PLAYLIST_GROWTH) {
          await storePlaylist(false)
        }
      }
    },
    /** Estimated size of the segments that wait on the disk. */
    waitingBytes() {
      const { segments, bytes } = measured
      const averageBytes =
        segments.length > 0
          ? bytes / segments.length
          : (track.maxBitRate / 8) * stream.segmentSeconds
      return (reader.complete() - stored) * averageBytes
    },
    seconds: () => measuredSeconds(measured),
  }
}
