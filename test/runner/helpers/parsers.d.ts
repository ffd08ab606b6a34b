/** Types for two parsers that have none, limited to the parts that the tests use. */
declare module 'm3u8-parser' {
  export class Parser {
    push(text: string): void
    end(): void
    manifest: {
      version?: number
      targetDuration?: number
      playlistType?: string
      endList?: boolean
      iFramesOnly?: boolean
      independentSegments?: boolean
      segments: {
        uri: string
        duration: number
        byterange?: { length: number; offset: number }
        map?: { uri: string }
      }[]
      playlists?: { uri: string; attributes: Record<string, unknown> }[]
      iFramePlaylists?: { uri: string; attributes: Record<string, unknown> }[]
      mediaGroups?: Record<string, Record<string, Record<string, { uri?: string }>>>
    }
  }
}

declare module 'mpd-parser' {
  interface Playlist {
    attributes: { NAME: string; CODECS: string; RESOLUTION?: { width: number; height: number } }
    segments: { uri: string; duration: number; map: { uri: string } }[]
  }
  export function parse(
    text: string,
    options: { manifestUri: string },
  ): {
    duration: number
    endList: boolean
    playlists: Playlist[]
    mediaGroups: { AUDIO: Record<string, Record<string, { playlists: Playlist[] }>> }
  }
}
