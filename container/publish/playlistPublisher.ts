/**
 * Stores the master playlist of a stream, its DASH manifest, its key frame playlists and its
 * subtitles. `trackPublisher.ts` stores the media playlists of the tracks.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as playlists from '../ffmpeg/streaming/playlists.ts'
import type { TrackMeasurements } from '../ffmpeg/streaming/segmentMeasurements.ts'
import * as layout from '../ffmpeg/streaming/streamLayout.ts'
import { type PackageUploader, waitForAll } from './packageUploader.ts'

/** Duration in the subtitle playlist while that of the stream is unknown: one day, the maximum. */
const UNKNOWN_SECONDS = 86_400

export function createPlaylistPublisher(options: {
  stream: layout.StreamLayout
  scratch: string
  uploader: PackageUploader
  signal: AbortSignal
}) {
  const { stream, scratch, uploader, signal } = options

  async function store(name: string, text: string) {
    const file = join(layout.packageFolder(scratch), name)
    await writeFile(file, text)
    await uploader.upload(file, signal)
  }

  async function storeSubtitles(seconds: number) {
    if (stream.subtitles !== null) {
      await uploader.upload(stream.subtitles.file, signal)
      await store(layout.SUBTITLES.playlist, playlists.buildSubtitlesPlaylist(seconds))
    }
  }

  return {
    /**
     * Stores the subtitles and the master playlist. With the media playlists, these are the files
     * that a player needs to start. The master playlist states maximum bit rates until `storeFinal`
     * replaces it.
     */
    async storeFirst(tracks: readonly TrackMeasurements[]) {
      await storeSubtitles(stream.expectedSeconds ?? UNKNOWN_SECONDS)
      await store(layout.MASTER_PLAYLIST, playlists.buildMasterPlaylist(tracks, stream, false))
    },
    /**
     * Stores the key frame playlists, the subtitles, the DASH manifest and, last, the master
     * playlist, all with measured values.
     */
    async storeFinal(tracks: readonly TrackMeasurements[], seconds: number) {
      const videoTracks = tracks.filter(({ track }) => track.video !== null)
      await waitForAll(
        videoTracks.map((each) =>
          store(
            layout.keyframesPlaylistName(each.track),
            playlists.buildKeyframesPlaylist(each, stream),
          ),
        ),
      )
      await storeSubtitles(seconds)
      await store(layout.DASH_MANIFEST, playlists.buildDashManifest(tracks, stream))
      await store(layout.MASTER_PLAYLIST, playlists.buildMasterPlaylist(tracks, stream, true))
    },
  }
}
