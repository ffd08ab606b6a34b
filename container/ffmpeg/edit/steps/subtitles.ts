/**
 * Edit step: subtitles, burned into the video or as a track. The file is untrusted, so ffmpeg first
 * reads it with a forced demuxer and writes a clean file to the scratch folder. The times in that
 * file are then converted to those of the output. No filter opens the untrusted file itself: the
 * subtitle filter would detect its format, which could be a playlist.
 */
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findFileType, MAX_SUBTITLES_BYTES } from '../../../../src/contract/fileTypes.ts'
import { JobFailure } from '../../../failures.ts'
import { COMMON_OPTIONS, forceDemuxer } from '../../process/limits.ts'
import { ffmpegOptions } from '../../process/options.ts'
import type { PlanContext, Step } from '../../renderPlan.ts'
import type { EditedOutput, LabelledChains } from '../editedOutput.ts'
import { retimeSubtitles, type SubtitleFormat, type TimeSpan } from '../subtitleTiming.ts'

const STEP = { stage: 'analyse', cost: 0.01, seconds: null, inputName: 'subtitles' } as const

/**
 * Draws the prepared subtitles. The path is relative, because a folder name could contain special
 * characters.
 */
export function burnSubtitles({ edits }: EditedOutput, from: string): LabelledChains | null {
  const isBurned = edits.subtitles !== null && edits.subtitleMode === 'burn'
  const to = '[captioned]'
  return isBurned ? { chains: [`${from}ass=captions.ass${to}`], to } : null
}

export interface PreparedSubtitles {
  steps: Step[]
  /** The SRT file that the steps write for a subtitle track; null when there is no such track. */
  trackFile: string | null
}

/**
 * Prepares the subtitles, unless they are to be burned and there is no video.
 *
 * @throws JobFailure `unsupported` when the extension of the file is not .srt or .vtt
 */
export function prepareSubtitles(output: EditedOutput, context: PlanContext): PreparedSubtitles {
  const { edits, files } = output
  const isBurned = edits.subtitleMode === 'burn'
  if (edits.subtitles === null || (isBurned && output.size === null)) {
    return { steps: [], trackFile: null }
  }
  const [{ trim, seconds }] = files
  const span = { startSeconds: trim.startSeconds, durationSeconds: seconds, speed: edits.speed }
  const format = isBurned ? 'ass' : 'srt'
  const file = join(context.folder, `captions.${format}`)
  return {
    steps: convertAndRetime(edits.subtitles, { file, format, span }, context),
    trackFile: isBurned ? null : file,
  }
}

function convertAndRetime(
  path: string,
  target: { file: string; format: SubtitleFormat; span: TimeSpan },
  { references }: PlanContext,
): Step[] {
  const type = findFileType(path)
  if (type?.role !== 'subtitles' || type.demuxer === null) {
    throw new JobFailure(
      'unsupported',
      `The subtitles are named ${path}; the name must end in .srt or .vtt.`,
    )
  }
  const { demuxer } = type
  const url = references.get(path)?.url ?? ''
  return [
    { ...STEP, ffmpeg: () => buildConversion({ ...target, url, demuxer }) },
    { ...STEP, task: () => moveTimes(target) },
  ]
}

function buildConversion(options: {
  url: string
  demuxer: string
  file: string
  format: SubtitleFormat
}): string[] {
  const { url, demuxer, file, format } = options
  return [
    ...COMMON_OPTIONS,
    ...forceDemuxer(demuxer),
    ...ffmpegOptions({
      // Without it, ffmpeg leaves out cues that it cannot decode.
      xerror: true,
      i: url,
      map: '0:s:0',
      map_metadata: -1,
      fs: 2 * MAX_SUBTITLES_BYTES,
      'c:s': format,
      f: format,
    }),
    file,
  ]
}

async function moveTimes(target: {
  file: string
  format: SubtitleFormat
  span: TimeSpan
}): Promise<void> {
  const { file, format, span } = target
  if ((await stat(file)).size > MAX_SUBTITLES_BYTES) {
    throw new JobFailure(
      'input_invalid',
      `The subtitles have more than ${MAX_SUBTITLES_BYTES / 1024 ** 2} MiB of text. Use a smaller file.`,
    )
  }
  const { text, read } = retimeSubtitles(await readFile(file, 'utf8'), format, span)
  if (read === 0) {
    throw new JobFailure(
      'input_invalid',
      'The subtitles have no line with a time. Use SRT or WebVTT in UTF-8.',
    )
  }
  await writeFile(file, text)
}
