/** Probes the input files of an attempt, and builds the context that planners work from. */
import { findFileType } from '../../src/contract/fileTypes.ts'
import type { Rendition } from '../../src/contract/rendition.ts'
import { resolveFfmpegTools } from '../capabilities.ts'
import { JobFailure } from '../failures.ts'
import type { StreamNeeds } from '../ffmpeg/probe/chooseStreams.ts'
import { probe, type Probe } from '../ffmpeg/probe/probe.ts'
import { INPUT_LIMITS } from '../ffmpeg/process/limits.ts'
import type { InputFile, PlanContext } from '../ffmpeg/renderPlan.ts'
import type { OpenInput } from '../source/inputFiles.ts'
import type { RunningAttempt } from './types.ts'

/**
 * @throws JobFailure for a file that cannot be read; for a reference file, the message begins with
 *   its path
 */
export async function probeInputs(attempt: RunningAttempt): Promise<PlanContext> {
  const { original, references } = attempt.inputs
  const referenceFiles = new Map<string, InputFile>()
  for (const input of references) {
    const { path, source } = input
    referenceFiles.set(path, {
      path,
      url: source.url,
      probe: isOpenedByExtension(path) ? null : await probeReference(attempt, input),
    })
  }
  return {
    source: {
      path: original.path,
      url: original.source.url,
      probe: await probeInput(attempt, original),
    },
    references: referenceFiles,
    folder: attempt.scratch,
  }
}

function probeInput(attempt: RunningAttempt, { source, sizeBytes }: OpenInput): Promise<Probe> {
  const { settings, scratch: cwd, signal, inputs, assignment } = attempt
  return probe({
    ...resolveFfmpegTools(settings),
    cwd,
    signal,
    bytesRead: inputs.bytesRead,
    input: [...INPUT_LIMITS, source.url],
    sizeBytes,
    needs: listNeeds(assignment.rendition, sizeBytes),
  })
}

/** A probe is answered within seconds, so larger files are not read for their duration. */
const MAX_MEASURED_PROBE_BYTES = 64 * 1024 ** 2

function listNeeds(rendition: Rendition, sizeBytes: number): StreamNeeds {
  const hasNoAudio = 'audioCodec' in rendition && rendition.audioCodec === 'none'
  return {
    video: rendition.kind !== 'audio' && rendition.kind !== 'wave',
    audioTrack: 'audioTrack' in rendition && !hasNoAudio ? rendition.audioTrack : null,
    durations: rendition.kind !== 'probe' || sizeBytes <= MAX_MEASURED_PROBE_BYTES,
  }
}

async function probeReference(attempt: RunningAttempt, input: OpenInput): Promise<Probe> {
  try {
    return await probeInput(attempt, input)
  } catch (error) {
    if (!(error instanceof JobFailure)) {
      throw error
    }
    throw new JobFailure(error.code, `${input.path}: ${error.message}`, { cause: error })
  }
}

/**
 * Returns true for a file whose extension decides which demuxer opens it, such as a PNG image or
 * subtitles. Such a file is not probed.
 */
function isOpenedByExtension(path: string): boolean {
  return (findFileType(path)?.demuxer ?? null) !== null
}
