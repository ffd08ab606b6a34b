/** Splits a long encode into chunks. */
import type { ChunkAssignment } from '../../src/contract/runnerProtocol.ts'
import type { StoredProbe } from '../../src/contract/storedProbe.ts'
import type { KeyframeSearch } from '../ffmpeg/chunks/alignStarts.ts'
import {
  type ChunkPlan,
  type NotSplit,
  planChunks,
  type SplitOptions,
} from '../ffmpeg/chunks/planChunks.ts'
import { planStreamChunks } from '../ffmpeg/chunks/planStreamChunks.ts'
import { findKeyframesBefore } from '../ffmpeg/probe/keyframesBefore.ts'
import type { PlanContext } from '../ffmpeg/renderPlan.ts'
import type { PlannedVariant } from './planAttempt.ts'
import { probeEnvironment } from './probeInputs.ts'
import type { RunningAttempt } from './types.ts'

interface SplitResult {
  outcome: 'split'
  planKey: string
  chunks: NonNullable<ReturnType<typeof planChunks>['ranges']>
  seconds: number
  probe: StoredProbe
  trackKeys?: Record<string, string>
}

/**
 * Plans the chunks of an encode. Returns null if the variant is not split; the plan then has a note
 * with the reason, unless the variant is too short or may not be split.
 */
export async function splitVariant(
  attempt: RunningAttempt,
  { context, plan }: PlannedVariant,
): Promise<SplitResult | null> {
  const { assignment, chunkVersion, readProbe } = attempt
  const { chunkSeconds, unsplitReason } = assignment
  if (unsplitReason !== null) {
    plan.notes.push(`Encoded as a whole, because its chunks could not be joined: ${unsplitReason}`)
  }
  const isEncoded = plan.video?.action === 'encode' && plan.mode !== 'remux'
  if (chunkSeconds === 0 || !isEncoded) {
    return null
  }
  const split = await planSplit(attempt, context)
  const probe = readProbe()
  const seconds = plan.expect?.seconds ?? plan.stream?.seconds ?? null
  if (split.ranges === null) {
    if (split.reason !== null) {
      plan.notes.push(`Not split into chunks: ${split.reason}`)
    }
    return null
  }
  if (chunkVersion === null) {
    plan.notes.push('Not split into chunks: the ffmpeg of the runner has not stated its version.')
    return null
  }
  // Without its stored probe, other runners may plan differently.
  return probe === null || seconds === null
    ? null
    : {
        outcome: 'split',
        planKey: split.planKey,
        ...(split.trackKeys && { trackKeys: split.trackKeys }),
        chunks: split.ranges,
        seconds,
        probe,
      }
}

/** Returns true if this runner makes the same chunks as the one that split the job. */
export async function plansSameChunks(
  attempt: RunningAttempt,
  context: PlanContext,
  { planKey }: ChunkAssignment,
): Promise<boolean> {
  const isSame = (split: ChunkPlan | NotSplit) => split.ranges !== null && split.planKey === planKey
  // An older runner has split the job into chunks of equal durations.
  return isSame(await planSplit(attempt, context)) || isSame(planWith(attempt, context))
}

/** Plans chunks that begin shortly after key frames of the source, if those are found. */
async function planSplit(
  attempt: RunningAttempt,
  context: PlanContext,
): Promise<ChunkPlan | NotSplit> {
  const even = planWith(attempt, context)
  if (even.ranges === null || even.keyframeSearches === undefined) {
    return even
  }
  return planWith(attempt, context, await findKeyframes(attempt, even.keyframeSearches))
}

/** Returns the key frame at or before the second of each search; null where it cannot be found. */
export async function findKeyframes(
  attempt: RunningAttempt,
  searches: readonly KeyframeSearch[],
): Promise<(number | null)[]> {
  const { original, references } = attempt.inputs
  const keyframes: (number | null)[] = []
  for (const place of new Set(searches.map((search) => search.place))) {
    const ofFile = searches.filter((search) => search.place === place)
    const { file } = ofFile[0]!
    const input = place === 0 ? original : references.find(({ path }) => path === file.path)
    const seconds = ofFile.map((search) => search.seconds)
    const found =
      input === undefined || file.probe === null
        ? []
        : await findKeyframesBefore(
            {
              url: file.url,
              probe: file.probe,
              sizeBytes: input.sizeBytes,
              read: input.source.read,
            },
            seconds,
            probeEnvironment(attempt, input),
          )
    keyframes.push(...seconds.map((_, index) => found[index] ?? null))
  }
  return keyframes
}

/** Plans the chunks of a variant. Only videos and streams are split; the others are short, or have no video. */
function planWith(
  { assignment: { rendition, chunkSeconds }, chunkVersion }: RunningAttempt,
  context: PlanContext,
  keyframes: readonly (number | null)[] = [],
): ChunkPlan | NotSplit {
  const options: SplitOptions = { chunkSeconds, encoderVersion: chunkVersion ?? '', keyframes }
  switch (rendition.kind) {
    case 'video':
      return planChunks(rendition, context, options)
    case 'stream':
      return planStreamChunks(rendition, context, options)
    default:
      return { ranges: null, reason: null }
  }
}
