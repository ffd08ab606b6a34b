/** Splits a job into chunks, which runners claim like jobs. */
import { AUDIO_TRACK, type ChunkRange, type StoredChunk } from '../../contract/chunk.ts'
import type { Finish } from '../../contract/runnerProtocol.ts'
import { findPackageOfChunks, splitJob } from '../../db/splitJob.ts'
import { findReusableTracks } from '../../db/reusableTracks.ts'
import { saveFileProbe } from '../../db/fileProbes.ts'
import type { Claim } from '../../db/leases.ts'
import type { JobRow } from '../../db/rows.ts'
import { findPackageEntry } from '../../domain/packageEntry.ts'
import { CHUNK_SIZE_CLASS, requireChunkVersion } from '../../domain/runnerRequirements.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import { findHeldJob, leaseLostError } from '../jobs/claimChecks.ts'
import { notifyOfEnd } from '../jobs/announceEnd.ts'
import type { AttemptOutcome } from '../jobs/endAttempt.ts'
import { findClaimedRow } from '../../db/jobs.ts'
import { findQueue } from '../../db/queues.ts'
import type { Platform } from '../ports.ts'
import { offerJobs } from '../queues/offerJobs.ts'
import { countStartableJobs } from '../queues/queues.ts'

/** Shares of a job's work, in percent. The chunks of video share the rest by their durations. */
const AUDIO_SHARE = 3
const JOIN_SHARE = 2

type SplitFinish = Extract<Finish, { outcome: 'split' }>

/**
 * Ends an attempt that has planned chunks. A repeated request changes nothing.
 *
 * The probe is stored first, because the runners of the chunks plan from it: a chunk is made only by a
 * runner that plans the same.
 */
export async function splitIntoChunks(
  platform: Platform,
  claim: Claim,
  finish: SplitFinish,
): Promise<AttemptOutcome | ErrorResult<'invalid_request'>> {
  const held = await findHeldJob(platform, claim)
  if (!held.ok) {
    return (await isSplitByClaim(platform, claim))
      ? { ok: true, status: 'running' }
      : leaseLostError()
  }
  const { row } = held
  const problem = findProblem(row, finish)
  if (problem !== null) {
    return errorResult('invalid_request', problem)
  }
  const { filePath, sourceEtag: etag } = row
  await saveFileProbe(platform.db, { filePath, etag }, finish.probe!, Date.now())
  const requiredEncoders = [...row.requiredEncoders, requireChunkVersion(finish.probe!.version)]
  const packageKey = await choosePackage(platform, row, finish)
  const split = await splitJob(
    platform.db,
    claim,
    {
      chunks: buildChunks(row, finish, packageKey, await findTracks(platform, row, finish)),
      packageKey,
      requiredEncoders,
      input: finish.input,
      plan: finish.plan,
      timings: finish.timings,
    },
    Date.now(),
  )
  if (!split) {
    return leaseLostError()
  }
  // The lease of this claim has ended. Those of the chunks have the new fence of the job.
  notifyOfEnd(platform, row, null)
  platform.defer(offerChunks(platform, { ...split, requiredEncoders }, finish.chunks.length - 1))
  return { ok: true, status: 'running' }
}

/** Wakes runners for the chunks that can be claimed. `join` is not one of them yet. */
async function offerChunks(platform: Platform, job: JobRow, chunks: number): Promise<void> {
  const queue = await findQueue(platform.db, job.queue)
  const count = Math.min(chunks, job.maxChunksAtOnce, queue ? countStartableJobs(queue) : 0)
  const { requiredEncoders, sourceBytes } = job
  const chunk = { requiredEncoders, sizeClass: CHUNK_SIZE_CLASS, sourceBytes }
  await offerJobs(platform, job.queue, Array<typeof chunk>(count).fill(chunk), count)
}

/** Returns true if this claim has split the job. The fence has then grown by one. */
async function isSplitByClaim({ db }: Platform, claim: Claim): Promise<boolean> {
  const row = await findClaimedRow(db, claim.jobId)
  return row?.fence === claim.fence + 1 && row.chunkCount !== null
}

function findProblem(row: JobRow, { chunks, probe }: SplitFinish): string | null {
  if (row.parentId !== null) {
    return 'A chunk cannot be split.'
  }
  if (probe === undefined) {
    return 'A split needs the probe of the original, so that the runners of its chunks plan the same.'
  }
  const joins = chunks.filter(({ kind }) => kind === 'join').length
  return joins === 1 && chunks.at(-1)!.kind === 'join'
    ? null
    : `The chunks of a job must have exactly one of the kind join, at the end (got ${joins}, and the last one is of the kind ${chunks.at(-1)!.kind}).`
}

/**
 * Returns the package of the chunks: that of completed chunks with the same plan key, or a new one. Its key does
 * not begin with the job and a fence, as the outputs of attempts do, because it is kept when one ends.
 */
async function choosePackage(
  { db }: Platform,
  { id, fence, transformation }: JobRow,
  { planKey }: SplitFinish,
): Promise<string | null> {
  return findPackageEntry(transformation) === null
    ? null
    : ((await findPackageOfChunks(db, id, planKey)) ?? `${id}.${fence + 1}/package/`)
}

/** Returns the packages that have tracks of a stream, by the name of the track. */
async function findTracks({ db }: Platform, { id }: JobRow, { trackKeys }: SplitFinish) {
  return trackKeys === undefined ? {} : findReusableTracks(db, id, trackKeys)
}

function buildChunks(
  { filePath, transformation }: JobRow,
  { chunks, seconds, planKey, trackKeys }: SplitFinish,
  packageKey: string | null,
  reusable: Record<string, string>,
): StoredChunk[] {
  const hasAudio = chunks.some(({ kind }) => kind === 'audio')
  const videoShare = 100 - JOIN_SHARE - (hasAudio ? AUDIO_SHARE : 0)
  const videoSeconds = chunks.reduce((sum, chunk) => sum + durationOfVideo(chunk, seconds), 0)
  return chunks.map((range, index) => ({
    ...range,
    index,
    filePath,
    transformation,
    count: chunks.length,
    jobSeconds: seconds,
    planKey,
    share:
      range.kind === 'join'
        ? JOIN_SHARE
        : range.kind === 'audio'
          ? AUDIO_SHARE
          : (videoShare * durationOfVideo(range, seconds)) / videoSeconds,
    facts: null,
    packageKey,
    ...(range.kind === 'join'
      ? trackKeys && { trackKeys }
      : { reusableTracks: selectTracks(reusable, range) }),
  }))
}

/** Selects the tracks of a chunk. */
function selectTracks(tracks: Record<string, string>, { kind }: ChunkRange) {
  const isOfChunk = (name: string) => (name === AUDIO_TRACK) === (kind === 'audio')
  return Object.fromEntries(Object.entries(tracks).filter(([name]) => isOfChunk(name)))
}

function durationOfVideo({ kind, startSeconds, endSeconds }: ChunkRange, seconds: number): number {
  return kind === 'video' ? Math.max(0.001, (endSeconds ?? seconds) - startSeconds) : 0
}
