/** The one command that writes a file of picture, sound and subtitles, each copied or encoded. */
import { statSync } from 'node:fs'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { container, kept, STRIPPED } from './containers.ts'
import type { EditGraph } from '../edit/graph.ts'
import { COMMON_OPTIONS, LOCAL_FILE_INPUT } from '../process/limits.ts'

export interface Command {
  format: RenditionOf<'video' | 'audio'>['format']
  metadata: 'strip' | 'keep'
  graph: EditGraph
  /** What encodes the picture; `copy`, or null for none. The same for the sound. */
  video: string[] | 'copy' | null
  audio: string[] | 'copy' | null
  /** The picture is H.265, which Apple's players know in MP4 by one of its two names only. */
  hevc: boolean
  /** The sound track of the first file, counted from 1. */
  track: number
  speed: number
  output: string
}

const SUBTITLES: Partial<Record<Command['format'], string>> = {
  mp4: 'mov_text',
  mov: 'mov_text',
  webm: 'webvtt',
  mkv: 'srt',
}

export function commandOf(command: Command): string[] {
  const { format, graph, video, audio, track } = command
  const captions = captionsOf(graph)
  const sound = `0:a:${track - 1}`
  return [
    ...COMMON_OPTIONS,
    ...graph.inputs,
    ...captions.input,
    ...(graph.filters === '' ? [] : ['-filter_complex', graph.filters]),
    ...(video === null ? ['-vn'] : ['-map', video === 'copy' ? '0:V:0' : String(graph.video)]),
    ...(audio === null ? ['-an'] : ['-map', audio === 'copy' ? sound : String(graph.audio)]),
    ...(captions.input.length === 0 ? ['-sn'] : ['-map', `${graph.inputCount}:s:0`]),
    ...(command.metadata === 'keep' ? kept(command) : STRIPPED),
    ...(video === 'copy' ? ['-c:v', 'copy'] : (video ?? [])),
    ...(command.hevc && ['mp4', 'mov'].includes(format) ? ['-tag:v', 'hvc1'] : []),
    ...(audio === 'copy' ? ['-c:a', 'copy', ...fromStart(command)] : (audio ?? [])),
    ...(captions.input.length === 0 ? [] : ['-c:s', SUBTITLES[format] ?? 'srt']),
    ...container(format, command.output),
  ]
}

/**
 * A seek goes to a picture, and copied sound from before the start would come along. Not so where the
 * picture is copied too, and where nothing is cut: the first packet lies before zero, as it must.
 */
function fromStart({ graph, video }: Command): string[] {
  return video !== 'copy' && graph.inputs.includes('-ss') ? ['-copypriorss:a', '0'] : []
}

/** A track without a line would be no file that a player opens, so there is none. */
function captionsOf({ captions }: EditGraph): { input: string[] } {
  const size = captions === null ? 0 : statSync(captions).size
  const input = [...LOCAL_FILE_INPUT, '-f', 'srt', '-i', String(captions)]
  return { input: size > 1 ? input : [] }
}
