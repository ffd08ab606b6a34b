/**
 * Builds the command that writes a file of video, audio and subtitles. Video and audio are copied
 * or encoded.
 */
import { statSync } from 'node:fs'
import type { FilterComplex } from '../edit/buildFilterGraph.ts'
import type { EditPlan } from '../edit/planEdits.ts'
import { type CopyTrim, trimCopy } from '../edit/steps/trim.ts'
import { COMMON_OPTIONS, LOCAL_FILE_INPUT } from '../process/limits.ts'
import { ffmpegOptions } from '../process/options.ts'
import { buildContainer, type ContainerFormat, keepMetadata, STRIP_METADATA } from './containers.ts'

interface FileCommand {
  format: ContainerFormat
  metadata: 'strip' | 'keep'
  editPlan: EditPlan
  filters: FilterComplex
  /** Options of the video encoder; `copy` for stream copy, null for no video. */
  video: readonly string[] | 'copy' | null
  /** The same for audio. */
  audio: readonly string[] | 'copy' | null
  /** True for H.265. In MP4 and MOV it needs the tag `hvc1` for Apple's players. */
  isH265: boolean
  /** Options of the container and its path, for a file that is not the output of a plan. */
  container?: readonly string[]
  output: string
}

export const SUBTITLE_CODECS: Partial<Record<ContainerFormat, string>> = {
  mp4: 'mov_text',
  mov: 'mov_text',
  webm: 'webvtt',
  mkv: 'srt',
}

export function buildFileCommand(command: FileCommand): string[] {
  const { format, editPlan, video, audio } = command
  const { inputs } = editPlan
  const [source] = editPlan.output.files
  const isCopied = video === 'copy' || (video === null && audio === 'copy')
  const copyTrim = isCopied ? trimCopy(source.file, source.trim) : null
  const filters = delayAudio(command.filters, copyTrim)
  const subtitles = openSubtitles(inputs.subtitleTrack)
  const mapped = {
    video: video === 'copy' ? `0:${source.video?.index}` : filters.video,
    audio: audio === 'copy' ? `0:${source.audio?.index}` : filters.audio,
  }
  const tracks = { hasVideo: video !== null, hasAudio: audio !== null }
  return [
    ...COMMON_OPTIONS,
    ...(tracks.hasVideo ? inputs.files : inputs.audioFiles),
    ...inputs.images,
    ...(subtitles ?? []),
    ...ffmpegOptions({ filter_complex: filters.filters }),
    ...ffmpegOptions(tracks.hasVideo ? { map: mapped.video } : { vn: true }),
    ...ffmpegOptions(tracks.hasAudio ? { map: mapped.audio } : { an: true }),
    ...ffmpegOptions(subtitles === null ? { sn: true } : { map: `${inputs.count}:s:0` }),
    ...(command.metadata === 'keep'
      ? keepMetadata({ source, ...tracks, speed: editPlan.output.edits.speed })
      : STRIP_METADATA),
    ...buildVideoOptions(command),
    ...buildAudioOptions(command),
    ...ffmpegOptions({ 'c:s': subtitles === null ? null : (SUBTITLE_CODECS[format] ?? 'srt') }),
    ...(copyTrim?.options ?? []),
    ...(command.container ?? buildContainer(format, command.output)),
  ]
}

function buildVideoOptions({ video, isH265, format }: FileCommand): string[] {
  const codec = video === 'copy' ? ffmpegOptions({ 'c:v': 'copy' }) : (video ?? [])
  const needsTag = isH265 && ['mp4', 'mov'].includes(format)
  return [...codec, ...ffmpegOptions({ 'tag:v': needsTag ? 'hvc1' : null })]
}

/**
 * ffmpeg seeks to the key frame before the start, so copied audio would begin before the start. The
 * audio before the start is dropped, unless the video is copied too and begins at that key frame.
 */
function buildAudioOptions({ audio, video, editPlan }: FileCommand): readonly string[] {
  if (audio !== 'copy') {
    return audio ?? []
  }
  const dropsEarlier = video !== 'copy' && editPlan.output.files[0].trim.startSeconds > 0
  return ffmpegOptions({ 'c:a': 'copy', 'copypriorss:a': dropsEarlier ? 0 : null })
}

/** Moves encoded audio, which begins at 0, to the time that becomes the start of the output. */
function delayAudio(filters: FilterComplex, copyTrim: CopyTrim | null): FilterComplex {
  const { audio } = filters
  if (audio === null || copyTrim === null) {
    return filters
  }
  const to = '[delayed]'
  const delay = `${audio}asetpts=PTS+${copyTrim.startSeconds}/TB${to}`
  return {
    ...filters,
    filters: filters.filters.map((graph) => (graph.endsWith(audio) ? `${graph};${delay}` : graph)),
    audio: to,
  }
}

/** Returns the options that open the subtitle file; null if there is none, or it has no text. */
export function openSubtitles(file: string | null): string[] | null {
  const isEmpty = file === null || statSync(file).size <= 1
  return isEmpty ? null : [...LOCAL_FILE_INPUT, ...ffmpegOptions({ f: 'srt', i: file })]
}
