/** Builds the command that joins chunks by stream copy, and the list of chunks that it reads. */
import type { ChunkRange } from '../../../src/contract/chunk.ts'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import type { EditPlan } from '../edit/planEdits.ts'
import { trimRange } from '../edit/steps/trim.ts'
import {
  buildContainer,
  buildExactContainer,
  keepMetadata,
  STRIP_METADATA,
} from '../encode/containers.ts'
import { openSubtitles, SUBTITLE_CODECS } from '../encode/fileCommand.ts'
import { formatDecimal } from '../edit/numbers.ts'
import { COMMON_OPTIONS, LOCAL_FILE_INPUT, selectInputLimits } from '../process/limits.ts'
import { ffmpegOptions } from '../process/options.ts'
import { formatFileList } from './fileList.ts'

/** Assumed for the last chunk, whose end nothing follows. */
const LAST_SECONDS = 1

/**
 * Writes the list for ffmpeg's demuxer `concat`. It moves the times of each file by the sum of the
 * durations before, less `inpoint`. Both are the planned start of the chunk, so that all frames keep
 * their times exactly.
 *
 * @param files names in the folder of the list
 */
export function buildChunkList(
  ranges: readonly Pick<ChunkRange, 'startSeconds' | 'endSeconds'>[],
  files: readonly string[],
): string {
  return formatFileList(
    ranges.map(({ startSeconds, endSeconds }, index) => ({
      name: files[index]!,
      directives: {
        inpoint: startSeconds,
        duration: (endSeconds ?? startSeconds + LAST_SECONDS) - startSeconds,
      },
    })),
  )
}

export interface LastPacket {
  /** From 0. */
  number: number
  seconds: number
}

export interface JoinCommand {
  rendition: RenditionOf<'video'>
  editPlan: EditPlan
  /** The joined video: a list of chunks, or a file. */
  video: ChunkList | { file: string }
  /** Absolute path; null for no audio. */
  audio: string | null
  output: string
}

export interface ChunkList {
  /** Absolute path of the list. */
  list: string
  /** Its duration is in the file of the last chunk, and ffmpeg does not read it from there. */
  lastPacket: LastPacket
}

/**
 * A chunk can begin with a decoding time that is not after those of the chunk before, if its frames
 * are further apart. A decoding time that is a tick later than the one before is always before the
 * first frame.
 */
function setTimes({ number, seconds }: LastPacket): string {
  const duration = `if(eq(N\\,${number})\\,${formatDecimal(seconds, 9)}/TB\\,DURATION)`
  return `setts=pts=PTS:dts=max(DTS\\,PREV_OUTDTS+1):duration=${duration}`
}

/** Returns the options that open the joined video, and those that copy it. */
function copyVideo(video: JoinCommand['video']): { input: string[]; output: string[] } {
  return 'file' in video
    ? {
        input: [...LOCAL_FILE_INPUT, ...ffmpegOptions({ copyts: true, i: video.file })],
        output: ffmpegOptions({ 'c:v': 'copy' }),
      }
    : {
        input: [
          ...LOCAL_FILE_INPUT,
          ...ffmpegOptions({ copyts: true, f: 'concat', i: video.list }),
        ],
        output: ffmpegOptions({ 'c:v': 'copy', 'bsf:v': setTimes(video.lastPacket) }),
      }
}

/**
 * Returns the command that joins the video alone, as MP4. Matroska stores the frame rate, which ffmpeg
 * knows of a joined file, but not of a list of files.
 */
export function buildVideoJoin(chunks: ChunkList, output: string): string[] {
  const video = copyVideo(chunks)
  return [
    ...COMMON_OPTIONS,
    ...video.input,
    ...ffmpegOptions({ map: '0:v:0' }),
    ...STRIP_METADATA,
    ...video.output,
    ...buildExactContainer('mp4', 'video', output),
  ]
}

export function buildJoinCommand(command: JoinCommand): string[] {
  const { rendition, editPlan, audio, output } = command
  const { format, metadata, videoCodec } = rendition
  const { inputs } = editPlan
  const [source] = editPlan.output.files
  const keepsMetadata = metadata === 'keep'
  const subtitles = openSubtitles(inputs.subtitleTrack)
  const metadataInput = audio === null ? 1 : 2
  const subtitleInput = metadataInput + (keepsMetadata ? 1 : 0)
  const video = copyVideo(command.video)
  const hasTag = videoCodec === 'h265' && ['mp4', 'mov'].includes(format)
  const readAll = { startSeconds: 0, endSeconds: null, readFromSeconds: 0 }
  return [
    ...COMMON_OPTIONS,
    ...video.input,
    ...(audio === null ? [] : [...LOCAL_FILE_INPUT, ...ffmpegOptions({ i: audio })]),
    ...(keepsMetadata
      ? [
          ...selectInputLimits(source.file),
          ...trimRange(source.file, source.trim, readAll),
          ...ffmpegOptions({ i: source.file.url }),
        ]
      : []),
    ...(subtitles ?? []),
    ...ffmpegOptions({ map: '0:v:0' }),
    ...ffmpegOptions(audio === null ? { an: true } : { map: '1:a:0' }),
    ...ffmpegOptions(subtitles === null ? { sn: true } : { map: `${subtitleInput}:s:0` }),
    ...(keepsMetadata
      ? keepMetadata({
          source,
          hasVideo: true,
          hasAudio: audio !== null,
          speed: rendition.speed,
          input: metadataInput,
        })
      : STRIP_METADATA),
    ...video.output,
    ...ffmpegOptions({
      'tag:v': hasTag ? 'hvc1' : null,
      // An encoded track has no disposition either.
      'disposition:v': 0,
      'disposition:a': audio === null ? null : 0,
      'c:a': audio === null ? null : 'copy',
      'c:s': subtitles === null ? null : (SUBTITLE_CODECS[format] ?? 'srt'),
    }),
    ...buildContainer(format, output),
  ]
}
