/** Probes the input files of an attempt, and builds the context that planners work from. */
import { findFileType } from '../../src/contract/fileTypes.ts'
import type { Rendition } from '../../src/contract/rendition.ts'
import { resolveFfmpegTools } from '../capabilities.ts'
import { JobFailure } from '../failures.ts'
import type { StreamNeeds } from '../ffmpeg/probe/chooseStreams.ts'
import { DEFAULT_PREVIEW_SECONDS } from '../ffmpeg/plan/planPreview.ts'
import { correctTimes } from '../ffmpeg/probe/correctTimes.ts'
import { detectScan } from '../ffmpeg/probe/detectScan.ts'
import { readImageOrientation } from '../ffmpeg/probe/imageOrientation.ts'
import { findKeyframeBefore } from '../ffmpeg/probe/keyframeBefore.ts'
import { probe, type Probe } from '../ffmpeg/probe/probe.ts'
import type { ShownPart } from '../ffmpeg/probe/scanWindows.ts'
import { selectInputLimits } from '../ffmpeg/process/limits.ts'
import type { InputFile, PlanContext } from '../ffmpeg/renderPlan.ts'
import type { OpenInput } from '../source/inputFiles.ts'
import { checkWatermark, findStillDemuxer } from './checkImages.ts'
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
    await checkWatermark(attempt, input)
    referenceFiles.set(path, {
      path,
      url: source.url,
      probe: isOpenedByExtension(path) ? null : await probeReference(attempt, input),
      orientation: await readImageOrientation(input.path, source.read),
    })
  }
  const part = selectPart(attempt.assignment.rendition)
  const demuxer = await findStillDemuxer(attempt, original)
  const probed = await probeInput(attempt, original, { part, demuxer })
  return {
    source: {
      path: original.path,
      url: original.source.url,
      probe: probed,
      demuxer,
      ...(await findStart(attempt, original.source.url, probed)),
    },
    references: referenceFiles,
    folder: attempt.scratch,
  }
}

/**
 * @param options.part the part of the file that the variant shows; null when it shows none
 * @param options.demuxer opens a still image; null for a file whose format ffmpeg detects
 */
async function probeInput(
  attempt: RunningAttempt,
  input: OpenInput,
  { part, demuxer }: { part: ShownPart | null; demuxer: string | null },
): Promise<Probe> {
  const { source, sizeBytes } = input
  const environment = probeEnvironment(attempt, input)
  const fragments = demuxer === null ? await source.readFragments() : null
  const options = {
    ...environment,
    input: [...selectInputLimits({ demuxer }), source.url],
    sizeBytes,
    isStill: demuxer !== null,
    orientation: await readImageOrientation(input.path, source.read),
    ...(fragments !== null && { fragments }),
    needs: listNeeds(attempt.assignment.rendition, sizeBytes),
  }
  const found = await correctTimes(await probe(options), options)
  return part === null || found.isStill
    ? found
    : detectScan(found, part, { ...environment, url: source.url, probe: found })
}

/** A probe document should be ready within seconds, so larger files are not read to their end. */
const MAX_MEASURED_PROBE_BYTES = 64 * 1024 ** 2

function listNeeds(rendition: Rendition, sizeBytes: number): StreamNeeds {
  const hasNoAudio = 'audioCodec' in rendition && rendition.audioCodec === 'none'
  return {
    video: rendition.kind !== 'audio' && rendition.kind !== 'wave',
    audioTrack: 'audioTrack' in rendition && !hasNoAudio ? rendition.audioTrack : null,
    times: selectTimes(rendition),
    durations: rendition.kind !== 'probe' || sizeBytes <= MAX_MEASURED_PROBE_BYTES,
  }
}

/**
 * Returns `examined` when the plan depends on the times of the file: on its duration, or on where a
 * part of it is. Other encodes begin without an examination, and stop at a wrong time. An image shows
 * only a frame.
 */
function selectTimes(rendition: Rendition): StreamNeeds['times'] {
  if (['image', 'probe'].includes(rendition.kind)) {
    return 'none'
  }
  const fadesOut = 'fadeOutSeconds' in rendition && rendition.fadeOutSeconds > 0
  const hasSize = 'sizeKilobytes' in rendition && rendition.sizeKilobytes !== null
  const isPart = readStart(rendition) > 0 || readEnd(rendition) !== null
  return rendition.kind === 'sprite' || isPart || fadesOut || hasSize ? 'examined' : 'checked'
}

export function probeEnvironment(
  { settings, scratch: cwd, signal, inputs, probeMemos }: RunningAttempt,
  input: OpenInput,
) {
  const { original, references } = probeMemos
  const memo = input === inputs.original ? original : references.get(input.path)
  return {
    ...resolveFfmpegTools(settings),
    cwd,
    signal,
    bytesRead: inputs.bytesRead,
    ...(memo && { memo }),
  }
}

/** Finds the key frame before the requested start in a file in which ffmpeg does not find it. */
export async function findStart(
  attempt: RunningAttempt,
  url: string,
  probed: Probe,
): Promise<Pick<InputFile, 'keyframeSeconds'>> {
  const { seeksExactly, startSeconds, video } = probed
  const start = readStart(attempt.assignment.rendition)
  if (seeksExactly || start === 0 || video === null) {
    return {}
  }
  const keyframe = await findKeyframeBefore(
    { url, stream: video.index, probe: probed },
    startSeconds + start,
    probeEnvironment(attempt, attempt.inputs.original),
  )
  return { keyframeSeconds: keyframe === null ? null : keyframe - startSeconds }
}

/** Returns the part of the source of which the variant shows frames; null when it shows none. */
function selectPart(rendition: Rendition): ShownPart | null {
  if (['audio', 'wave', 'probe'].includes(rendition.kind)) {
    return null
  }
  const isFrame = rendition.kind === 'image' && rendition.pick !== 'best'
  return {
    kind: isFrame ? 'frame' : 'part',
    keepsMotion: !['image', 'sprite'].includes(rendition.kind),
    startSeconds: readStart(rendition),
    endSeconds: readEnd(rendition),
  }
}

function readStart(rendition: Rendition): number {
  if ('atSeconds' in rendition) {
    return rendition.atSeconds
  }
  return 'startSeconds' in rendition ? rendition.startSeconds : 0
}

function readEnd(rendition: Rendition): number | null {
  const end = 'endSeconds' in rendition ? rendition.endSeconds : null
  return rendition.kind === 'preview'
    ? (end ?? rendition.startSeconds + DEFAULT_PREVIEW_SECONDS)
    : end
}

async function probeReference(attempt: RunningAttempt, input: OpenInput): Promise<Probe> {
  try {
    const part = selectPart(attempt.assignment.rendition)
    return await probeInput(attempt, input, {
      part: part && { ...part, startSeconds: 0, endSeconds: null },
      demuxer: null,
    })
  } catch (error) {
    if (!(error instanceof JobFailure)) {
      throw error
    }
    throw new JobFailure(error.code, `${input.path}: ${error.message}`, { cause: error })
  }
}

/**
 * Returns true for a file whose extension decides which demuxer opens it, such as a PNG image or
 * subtitles. Such a reference file is not probed.
 */
function isOpenedByExtension(path: string): boolean {
  return (findFileType(path)?.demuxer ?? null) !== null
}
