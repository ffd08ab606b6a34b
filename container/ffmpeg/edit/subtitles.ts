/**
 * Subtitles: a stranger's text, of which a forced demuxer makes a clean file in the scratch folder,
 * whose times are then moved to those of what comes out. No filter ever opens the text itself: the
 * one for subtitles would take it for whatever it looks like, a playlist too.
 */
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { JobFailure } from '../../failures.ts'
import { COMMON_OPTIONS, forceDemuxer } from '../process/limits.ts'
import type { PlanContext, Step } from '../renderPlan.ts'
import { retime, type Span } from './subtitleTiming.ts'

const DEMUXERS: Record<string, string> = { srt: 'srt', vtt: 'webvtt' }
/** A film of three hours has some 100 KiB. */
const MAX_BYTES = 4 * 1024 ** 2

/** @returns the name of the file that the steps write, and the steps */
export function prepareCaptions(
  path: string,
  format: 'ass' | 'srt',
  span: Span,
  { references, folder }: PlanContext,
): { file: string; steps: Step[] } {
  const demuxer = DEMUXERS[/\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? '']
  if (demuxer === undefined) {
    throw new JobFailure(
      'unsupported',
      `The subtitles are named ${path}; they must be a file that is named .srt or .vtt.`,
    )
  }
  const told = { stage: 'analyse' as const, cost: 0.01, seconds: null, inputName: 'subtitles' }
  const file = join(folder, `captions.${format}`)
  const convert = () => [
    ...COMMON_OPTIONS,
    ...forceDemuxer(demuxer),
    '-i',
    references.get(path)?.url ?? '',
    '-map',
    '0:s:0',
    '-map_metadata',
    '-1',
    '-fs',
    String(2 * MAX_BYTES),
    '-c:s',
    format,
    '-f',
    format,
    file,
  ]
  const move = async () => {
    if ((await stat(file)).size > MAX_BYTES) {
      throw new JobFailure(
        'input_invalid',
        `The subtitles are longer than ${MAX_BYTES / 1024 ** 2} MiB of text, as those of no film are.`,
      )
    }
    const { text, read } = retime(await readFile(file, 'utf8'), format, span)
    if (read === 0) {
      throw new JobFailure(
        'input_invalid',
        'The subtitles hold no line with a time. They must be SRT or WebVTT, in UTF-8.',
      )
    }
    await writeFile(file, text)
  }
  return {
    file,
    steps: [
      { ...told, ffmpeg: convert },
      { ...told, task: move },
    ],
  }
}
