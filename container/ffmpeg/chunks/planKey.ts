/** Computes the plan key of a split encode. Completed chunks are used again only with the same key. */
import { createHash } from 'node:crypto'
import type { ChunkRange } from '../../../src/contract/chunk.ts'
import type { InputFile, PlanContext, RenderPlan } from '../renderPlan.ts'

/**
 * Hashes the ranges, and the commands of the audio and of the first and the last chunk of video, with names
 * in place of URLs and folders. The first chunk begins, and the last one ends, in another way than the
 * others. So a runner whose code makes other chunks has another key.
 *
 * @param options.measurements version of the measurements of chunks, which are compared with one another.
 *   Absent for the first version.
 */
export function computePlanKey(
  context: PlanContext,
  options: { ranges: readonly ChunkRange[]; encoderVersion: string; measurements?: number },
  plan: (context: PlanContext, range: ChunkRange) => RenderPlan,
): string {
  const { ranges, encoderVersion, measurements } = options
  const anonymous = {
    ...context,
    source: { ...context.source, url: context.source.path },
    references: new Map(
      [...context.references].map(([path, file]): [string, InputFile] => [
        path,
        { ...file, url: path },
      ]),
    ),
    folder: '',
  }
  const isVideo = ({ kind }: ChunkRange) => kind === 'video'
  const samples = [
    ranges.find(({ kind }) => kind === 'audio'),
    ranges.find(isVideo),
    ranges.findLast(isVideo),
  ].filter((range) => range !== undefined)
  const commands = samples.map((range) =>
    plan(anonymous, range).steps.map((step) => ('ffmpeg' in step ? step.ffmpeg([]) : null)),
  )
  const text = JSON.stringify({ encoderVersion, ranges, commands, measurements })
  return createHash('sha256').update(text).digest('hex')
}
