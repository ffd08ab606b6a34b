/** Runner requirements: the ffmpeg encoders and the disk space that a job needs of a runner. */
import {
  AUDIO_ENCODERS,
  type AudioCodec,
  IMAGE_ENCODERS,
  PREVIEW_ENCODERS,
  VIDEO_ENCODERS,
} from '../contract/codecs.ts'
import type { Rendition } from '../contract/rendition.ts'
import type { ClaimRequest } from '../contract/runnerProtocol.ts'

function listAudioEncoders(codec: AudioCodec): string[] {
  return codec === 'copy' || codec === 'none' ? [] : [AUDIO_ENCODERS[codec]]
}

/** Returns the ffmpeg encoders that a rendition needs if none of its tracks can be copied. */
export function listRequiredEncoders(rendition: Rendition): string[] {
  switch (rendition.kind) {
    case 'video':
    case 'stream':
      return [...listAudioEncoders(rendition.audioCodec), VIDEO_ENCODERS[rendition.videoCodec]]
    case 'audio':
      return listAudioEncoders(rendition.audioCodec)
    case 'image':
    case 'sprite':
    case 'wave':
      return [IMAGE_ENCODERS[rendition.format]]
    case 'preview':
      return [PREVIEW_ENCODERS[rendition.format]]
    case 'probe':
      return []
  }
}

/** Kinds whose output is small, however large the source is. */
const SMALL_KINDS: readonly Rendition['kind'][] = ['image', 'sprite', 'wave', 'probe']
const GIB = 2 ** 30

/** Returns the size class: 1 is up to 1 GiB, 2 up to 2 GiB, 3 up to 4 GiB, and so on. */
export function findSizeClass(bytes: number): number {
  return 1 + Math.max(0, Math.ceil(Math.log2(bytes / GIB)))
}

/** Returns the size class of the disk that a job needs; 0 if any disk is large enough. */
export function findJobSizeClass({ kind }: Rendition, sourceBytes: number): number {
  return SMALL_KINDS.includes(kind) ? 0 : findSizeClass(sourceBytes)
}

/** Size class of a chunk. It is below all others, so that chunks and jobs are found separately. */
export const CHUNK_SIZE_CLASS = -1

/**
 * Begins the name of a requirement that no encoder has: that a runner makes the same chunks. A job has
 * chunks of one version only.
 */
const CHUNK_VERSION_PREFIX = 'chunks:'

export function requireChunkVersion(version: string): string {
  return `${CHUNK_VERSION_PREFIX}${version}`
}

/** Capabilities of a runner. A property that is absent sets no limit. */
export interface RunnerCapabilities {
  /**
   * Free disk space in bytes. A job needs as much as its source has bytes: the source is not
   * stored, but the output is, and it is seldom larger.
   */
  diskBytes?: number
  /** All encoders of the runner's ffmpeg. */
  encoders?: string[]
}

/** Encoders and disk that a job needs of a runner. */
export interface JobRequirements {
  requiredEncoders: string[]
  sizeClass: number
  sourceBytes: number
}

/** Returns whether a runner can run a job. Claims apply the same rule in SQL. */
export function canRun(
  { diskBytes, encoders }: RunnerCapabilities,
  { requiredEncoders, sizeClass, sourceBytes }: JobRequirements,
): boolean {
  const hasDisk =
    diskBytes === undefined || sizeClass < findSizeClass(diskBytes) || sourceBytes <= diskBytes
  return (
    hasDisk && (encoders === undefined || requiredEncoders.every((name) => encoders.includes(name)))
  )
}

/**
 * Simulates claims of runners, one after the other. Returns for each runner the first job that it
 * can run and that no earlier runner gets, or null.
 *
 * @param jobs in the order of claims
 */
export function matchJobs<Job extends JobRequirements>(
  runners: RunnerCapabilities[],
  jobs: readonly Job[],
): (Job | null)[] {
  const remaining = [...jobs]
  return runners.map((runner) => {
    const index = remaining.findIndex((job) => canRun(runner, job))
    return index === -1 ? null : remaining.splice(index, 1)[0]!
  })
}

/** All encoders that a job can require. */
const REQUIRABLE_ENCODERS: ReadonlySet<string> = new Set(
  [AUDIO_ENCODERS, VIDEO_ENCODERS, IMAGE_ENCODERS, PREVIEW_ENCODERS].flatMap((table) =>
    Object.values(table),
  ),
)

/** Leaves out the encoders that no job requires: ffmpeg has hundreds. */
export function summarizeCapabilities(capabilities: RunnerCapabilities): RunnerCapabilities {
  const { encoders } = capabilities
  return {
    ...capabilities,
    ...(encoders && {
      encoders: encoders.filter(
        (name) => REQUIRABLE_ENCODERS.has(name) || name.startsWith(CHUNK_VERSION_PREFIX),
      ),
    }),
  }
}

export function readCapabilities({
  diskBytes,
  encoders,
  chunkVersion,
}: ClaimRequest['runner']): RunnerCapabilities {
  const versions = chunkVersion === undefined ? [] : [requireChunkVersion(chunkVersion)]
  return {
    ...(diskBytes !== undefined && { diskBytes }),
    ...(encoders !== undefined && { encoders: [...encoders, ...versions] }),
  }
}
