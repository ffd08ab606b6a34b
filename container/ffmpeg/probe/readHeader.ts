/** Reads the header of a file: what ffprobe prints of its format and its streams. */
import { z } from 'zod'
import { JobFailure } from '../../failures.ts'
import type { Size } from '../geometry.ts'
import { findRejectedSize } from '../process/classifyFailure.ts'
import { type FfprobeQuery, runFfprobe } from '../process/ffprobe.ts'
import { MAX_STREAMS } from '../process/limits.ts'
import { ffprobeOutput, type FfprobeOutput, readCodecTag } from './ffprobeOutput.ts'
import { type KnownFileOptions, recall, record } from './probeMemo.ts'

export interface Header {
  output: FfprobeOutput
  /** Frame size that ffprobe rejected as too large, if any. */
  rejectedSize: Size | null
}

const size = z.object({ width: z.int().positive(), height: z.int().positive() })

/**
 * A known header can come from another runner. Texts with other characters could change the meaning
 * of a filter graph, and ffprobe accepts no more streams.
 */
const knownHeader = z.object({
  output: ffprobeOutput.refine((output) => output.streams.length <= MAX_STREAMS && isPlain(output)),
  rejectedSize: size.nullable(),
})

const PLAIN_TEXT = /^[\w .:/()+~-]{0,100}$/

const FORMAT_NAMES = /^[\w,]{1,100}$/

function isPlain({ format: { format_name, ...format }, ...rest }: FfprobeOutput): boolean {
  return FORMAT_NAMES.test(format_name) && listTexts({ format, ...rest }).every(isPlainText)
}

function listTexts(value: unknown): string[] {
  if (typeof value === 'object' && value !== null) {
    return Object.values(value).flatMap(listTexts)
  }
  return typeof value === 'string' ? [value] : []
}

function isPlainText(text: string): boolean {
  return PLAIN_TEXT.test(text)
}

/**
 * @param name under which the header is known
 * @throws JobFailure when ffprobe cannot read the file
 */
export async function readHeader(
  name: string,
  query: FfprobeQuery,
  options: KnownFileOptions,
): Promise<Header> {
  const known = recall(options.memo, name, knownHeader)
  if (known !== undefined) {
    return known
  }
  const { output, stderr } = await runFfprobe(options, query)
  const parsed = ffprobeOutput.safeParse(JSON.parse(output))
  if (!parsed.success) {
    throw new JobFailure('internal', 'The output of ffprobe has an unexpected form.')
  }
  const header = { output: dropUnreadableTags(parsed.data), rejectedSize: findRejectedSize(stderr) }
  record(options.memo, name, header)
  return header
}

/** Most Matroska files have the codec tag `[0][0][0][0]`, which says nothing. */
function dropUnreadableTags(output: FfprobeOutput): FfprobeOutput {
  return {
    ...output,
    streams: output.streams.map((each) => ({
      ...each,
      codec_tag_string: readCodecTag(each) ?? undefined,
    })),
  }
}
