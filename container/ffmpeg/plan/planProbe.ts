/** What a file holds, as a document. Only this kind asks for tags: they are strangers' words. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { MAX_PROBE_BYTES, type ProbeDocument, probeDocument } from '../../../src/contract/probe.ts'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { JobFailure } from '../../failures.ts'
import { runFfprobe } from '../process/ffprobe.ts'
import * as described from '../probe/probeDocument.ts'
import { INPUT_LIMITS } from '../process/limits.ts'
import { probeFrameTiming } from '../probe/frameTiming.ts'
import type { PlanContext, RenderPlan, ProbeEnvironment } from '../renderPlan.ts'
import { remuxObstacles } from './remuxObstacles.ts'

export function planProbe(_: RenditionOf<'probe'>, context: PlanContext): RenderPlan {
  const output = join(context.folder, 'output.json')
  const task = async (tools: ProbeEnvironment) => {
    const text = JSON.stringify(probeDocument.parse(await describe(context, tools)))
    if (Buffer.byteLength(text) > MAX_PROBE_BYTES) {
      throw new JobFailure(
        'input_invalid',
        'The description of its streams in the file has no end.',
      )
    }
    await writeFile(output, text)
  }
  return {
    mode: 'probe',
    reason: 'what the file holds is asked for',
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

async function describe(context: PlanContext, tools: ProbeEnvironment): Promise<ProbeDocument> {
  const { source } = context
  const input = [...INPUT_LIMITS, source.url]
  const ask = async <T>(schema: z.ZodType<T>, entries: string): Promise<T> => {
    const { output } = await runFfprobe({ ...tools, input }, { entries })
    return schema.parse(JSON.parse(output))
  }
  const found = await ask(described.documentAnswer, described.DOCUMENT_ENTRIES)
  const tags: Record<string, string> = await ask(described.tagsAnswer, described.TAG_ENTRIES).then(
    ({ format }) => format.tags,
    (error: unknown) => {
      // Tags without end are no reason to say nothing of the rest.
      if (error instanceof JobFailure && error.code === 'input_invalid') {
        return {}
      }
      throw error
    },
  )
  const spacing = source.probe.video === null ? null : await probeFrameTiming(source.url, tools)
  const { format } = found
  return {
    format: await containerOf(source.url, format.format_name, {
      signal: tools.signal,
      brand: tags['major_brand'],
    }),
    formatName: format.format_name,
    durationSeconds: described.positive(format.duration),
    sizeBytes: source.probe.facts.sizeBytes,
    bitRate: described.whole(format.bit_rate),
    startSeconds: format.start_time ?? null,
    chapters: found.chapters.length,
    tags: described.describeTags(tags),
    streams: described.describeStreams(found.streams, spacing),
    remux: remuxObstacles(context),
  }
}

const NAMES: Record<string, string> = { mpegts: 'ts', mpeg: 'mpg', asf: 'wmv' }
const BRANDS: Record<string, string> = { qt: 'mov', M4A: 'm4a', M4B: 'm4a', M4V: 'm4v' }

/** ffprobe names all that a demuxer reads; which it is stands in the file's first bytes. */
async function containerOf(
  url: string,
  formatName: string,
  { signal, brand = '' }: { signal: AbortSignal; brand?: string | undefined },
): Promise<string> {
  const [first = formatName] = formatName.split(',')
  if (first === 'mov') {
    const name = brand.trim()
    return BRANDS[name] ?? (name.startsWith('3g') ? name.slice(0, 3) : name === '' ? 'mov' : 'mp4')
  }
  if (first === 'matroska') {
    const head = await fetch(url, { headers: { range: 'bytes=0-127' }, signal })
    return Buffer.from(await head.arrayBuffer()).includes('webm') ? 'webm' : 'mkv'
  }
  return NAMES[first] ?? first
}
