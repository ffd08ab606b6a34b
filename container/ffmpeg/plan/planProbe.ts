/** Plans a probe: a JSON document that describes the tracks and the tags of a file. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { MAX_PROBE_BYTES, type ProbeDocument, probeDocument } from '../../../src/contract/probe.ts'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { JobFailure } from '../../failures.ts'
import { probeFrameTiming } from '../probe/frameTiming.ts'
import { ffprobeOutput, readDuration } from '../probe/ffprobeOutput.ts'
import * as documents from '../probe/probeDocument.ts'
import { addOrientation, queryStill, readStill } from '../probe/still.ts'
import { type FfprobeQuery, runFfprobe } from '../process/ffprobe.ts'
import { selectInputLimits } from '../process/limits.ts'
import type { ReadBytes } from '../readBytes.ts'
import type { PlanContext, RenderPlan, TaskEnvironment } from '../renderPlan.ts'
import { findRemuxObstacles } from './remuxObstacles.ts'

export function planProbe(_: RenditionOf<'probe'>, context: PlanContext): RenderPlan {
  const output = join(context.folder, 'output.json')
  const task = async (environment: TaskEnvironment) => {
    const document = probeDocument.parse(await describeFile(context, environment))
    const text = JSON.stringify(document)
    if (Buffer.byteLength(text) > MAX_PROBE_BYTES) {
      throw new JobFailure(
        'input_invalid',
        `The description of the file is larger than ${MAX_PROBE_BYTES} bytes. Send a file with fewer streams.`,
      )
    }
    await writeFile(output, text)
  }
  return {
    mode: 'probe',
    reason: 'a description of the file is requested',
    video: null,
    audio: null,
    notes: [],
    steps: [{ stage: 'analyse', cost: 1, task }],
    fallback: null,
    output,
    isPackage: false,
    expect: null,
  }
}

async function describeFile(
  context: PlanContext,
  environment: TaskEnvironment,
): Promise<ProbeDocument> {
  const { source } = context
  const { video, isStill, isFragmented, durationIsMeasured } = source.probe
  const input = [...selectInputLimits(source), source.url]
  const run = async <T>(schema: z.ZodType<T>, query: FfprobeQuery): Promise<T> => {
    const { output } = await runFfprobe({ ...environment, input }, query)
    return schema.parse(JSON.parse(output))
  }
  const entries = documents.DOCUMENT_ENTRIES
  const found = await run(ffprobeOutput, isStill ? queryStill(entries) : { entries })
  const { output: turned } = addOrientation(found, video?.orientation ?? 1)
  const { format, streams, chapters } = isStill ? readStill(turned) : turned
  const tags = await run(documents.tagOutput, { entries: documents.TAG_ENTRIES }).then(
    (found): Record<string, string> => found.format.tags,
    omitTagsOnInvalidInput,
  )
  const frameTiming =
    video === null || isStill ? null : await probeFrameTiming(source.url, video, environment)
  return {
    format: await detectContainer(
      format.format_name,
      environment.readOriginal,
      tags['major_brand'],
    ),
    formatName: format.format_name,
    durationSeconds:
      (isFragmented || durationIsMeasured ? null : readDuration(format.duration)) ??
      source.probe.contentSeconds,
    sizeBytes: source.probe.facts.sizeBytes,
    bitRate: documents.toWholeNumber(format.bit_rate),
    startSeconds: format.start_time ?? null,
    chapters: chapters.length,
    tags: documents.describeTags(tags),
    streams: documents.describeStreams(
      streams,
      video && frameTiming && { index: video.index, frameTiming },
    ),
    remux: findRemuxObstacles(context),
  }
}

/**
 * Returns no tags if ffprobe fails with `input_invalid`, for example because the tags are too long.
 * The rest of the document is useful without them.
 */
function omitTagsOnInvalidInput(error: unknown): Record<string, string> {
  if (error instanceof JobFailure && error.code === 'input_invalid') {
    return {}
  }
  throw error
}

/** File extensions of demuxers whose name is not the extension. */
const EXTENSIONS: Record<string, string> = {
  mpegts: 'ts',
  mpeg: 'mpg',
  asf: 'wmv',
  apng: 'png',
  jpeg_pipe: 'jpg',
  png_pipe: 'png',
  webp_pipe: 'webp',
}
/** Bytes at the start of Matroska and WebM that have the type of the document. */
const HEAD_BYTES = 128
/** File extensions by the brand of MP4 and QuickTime files. */
const BRANDS: Record<string, string> = { qt: 'mov', M4A: 'm4a', M4B: 'm4a', M4V: 'm4v' }

/**
 * Detects the container. The demuxers `mov` and `matroska` each read several containers, which
 * differ by their brand or by their first bytes.
 */
async function detectContainer(formatName: string, read: ReadBytes, brand = ''): Promise<string> {
  const [demuxer = formatName] = formatName.split(',')
  if (demuxer === 'mov') {
    return detectBrand(brand.trim())
  }
  if (demuxer === 'matroska') {
    return (await read(0, HEAD_BYTES)).includes('webm') ? 'webm' : 'mkv'
  }
  return EXTENSIONS[demuxer] ?? demuxer
}

function detectBrand(brand: string): string {
  if (brand === '') {
    return 'mov'
  }
  return BRANDS[brand] ?? (brand.startsWith('3g') ? brand.slice(0, 3) : 'mp4')
}
