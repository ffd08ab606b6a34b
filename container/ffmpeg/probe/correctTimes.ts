/**
 * Corrects the times of a probe by the times of the packets: an unknown or implausible duration, and
 * times that jump or go back.
 */
import { MAX_FRAMES, MAX_SECONDS } from '../process/limits.ts'
import type { FfprobeOptions } from '../process/ffprobe.ts'
import { JobFailure } from '../../failures.ts'
import type { StreamNeeds } from './chooseStreams.ts'
import { MAX_STEP_SECONDS, measureEnds, type StreamEnd } from './measureEnds.ts'
import { findMaxPause } from './timeFaults.ts'
import type { Probe, ProbeOptions } from './probe.ts'
import { type AudioStream, findLastEnd, roundToMilliseconds, UNTIMED_AUDIO } from './streams.ts'

/**
 * Video files with fewer bytes per second are read, because one wrong timestamp can be the cause.
 */
const MIN_PLAUSIBLE_BYTES_PER_SECOND = 1_000
/**
 * Larger files are read to find times that jump or go back only if an encode has met such a time, see
 * `boundTimes.ts`.
 */
const MAX_EXAMINED_BYTES = 128 * 1024 ** 2

/** Corrects the duration if needed, and the times if they must be right before the plan is made. */
export async function correctTimes(
  found: Probe,
  options: ProbeOptions & { needs: StreamNeeds },
): Promise<Probe> {
  const { needs } = options
  if (found.isStill) {
    return found
  }
  if (needs.durations && needsMeasurement(found, options.sizeBytes)) {
    const ends = await measureEnds(options, findMaxPause(found))
    return { ...replaceEnds(found, ends), hasExaminedTimes: true }
  }
  if (needs.durations && isEstimatedByBitRate(found)) {
    return examineTimes(found, { ...options, ofAnySize: true })
  }
  const isNeeded =
    needs.times === 'examined' || (needs.times === 'checked' && !found.durationIsDeclared)
  return isNeeded ? examineTimes(found, options) : found
}

/**
 * True for audio without a container. The bit rate of its first frames says nothing about the others
 * if it varies or if files were joined.
 */
function isEstimatedByBitRate({ facts }: Probe): boolean {
  return UNTIMED_AUDIO.includes(facts.format)
}

/** True when the ends of the used tracks were measured, and no jump of the times is in doubt. */
function areCertain({ video, audio }: Probe, ends: ReadonlyMap<number, StreamEnd>): boolean {
  const used = [video, audio].filter((track) => track !== null)
  return used.every(({ index }) => ends.get(index)?.isCertain === true)
}

/**
 * Reads the times of all packets, unless that has been done, and repairs wrong ones.
 *
 * @param options.ofAnySize true to read large files too, and fragmented ones, whose index is made in
 *   order not to read them
 */
export async function examineTimes(
  found: Probe,
  options: FfprobeOptions & { sizeBytes: number; ofAnySize?: boolean },
): Promise<Probe> {
  const { sizeBytes, ofAnySize = false } = options
  const isTooLarge = found.isFragmented || sizeBytes > MAX_EXAMINED_BYTES
  if (found.hasExaminedTimes || found.isStill || (isTooLarge && !ofAnySize)) {
    return found
  }
  const ends = await measureEndsIfPossible(found, options)
  const corrected =
    found.durationIsDeclared || !areCertain(found, ends)
      ? repairTimes(found, ends)
      : replaceEnds(found, ends)
  return { ...corrected, hasExaminedTimes: true }
}

const MIN_APPENDED_SECONDS = 0.5

/**
 * True when the duration is unknown, or when the file has video and is too small for its duration.
 * In the second case, a file that declares too many frames is not read: its video is rejected
 * anyway. A fragmented file is too small if the bit rate of its first and last fragments says so.
 */
function needsMeasurement(
  { contentSeconds, video, isTooSmallForBitRate }: Probe,
  sizeBytes: number,
): boolean {
  return (
    contentSeconds === null ||
    (isTooSmallForBitRate && sizeBytes <= MAX_EXAMINED_BYTES) ||
    (video !== null &&
      (video.frames ?? 0) <= MAX_FRAMES &&
      sizeBytes / contentSeconds < MIN_PLAUSIBLE_BYTES_PER_SECOND)
  )
}

/** Returns no ends if ffprobe fails. The times of the file are then not corrected. */
async function measureEndsIfPossible(
  found: Probe,
  options: FfprobeOptions,
): Promise<Map<number, StreamEnd>> {
  try {
    return await measureEnds(options, findMaxPause(found))
  } catch (error) {
    if (error instanceof JobFailure) {
      return new Map()
    }
    throw error
  }
}

/**
 * Replaces the ends of the streams, and the duration of the file, by measured ones. If the duration
 * is known and the measured one exceeds MAX_SECONDS, nothing is replaced.
 */
function replaceEnds(found: Probe, ends: ReadonlyMap<number, StreamEnd>): Probe {
  const measuredEnd = Math.max(0, ...[...ends.values()].map((each) => each.endSeconds))
  const hasWrongTimes =
    found.contentSeconds !== null && found.contentSeconds > measuredEnd + MAX_STEP_SECONDS
  const hasFault = [...ends.values()].some(({ timeFault }) => timeFault !== null)
  const measured = {
    ...found,
    seeksExactly: found.seeksExactly && !hasFault,
    video: found.video && { ...found.video, ...ends.get(found.video.index), hasWrongTimes },
    ...replaceAudio(found, (track) => ({ ...track, ...readAudioEnd(track, ends) })),
  }
  const contentSeconds = findLastEnd([measured.video, measured.audio])
  // If the sample rate changes in AAC, ffprobe computes wrong times.
  measured.durationIsMeasured = areCertain(measured, ends) && found.facts.format !== 'aac'
  return found.contentSeconds !== null && (contentSeconds ?? 0) > MAX_SECONDS
    ? found
    : withDuration(measured, contentSeconds)
}

function readAudioEnd(track: AudioStream, ends: ReadonlyMap<number, StreamEnd>) {
  const { endSeconds = track.endSeconds, timeFault = null } = ends.get(track.index) ?? {}
  return { endSeconds, timeFault }
}

/**
 * Replaces the ends of the streams with wrong times, and only of those. `seeksExactly` becomes
 * false, because ffmpeg would seek by the wrong times.
 */
function repairTimes(found: Probe, ends: ReadonlyMap<number, StreamEnd>): Probe {
  if (isLonger(found, ends)) {
    return replaceEnds(found, ends)
  }
  const hasFault = (index: number | undefined) =>
    (index === undefined ? null : ends.get(index)?.timeFault) != null
  if (!hasFault(found.video?.index) && !found.audioTracks.some(({ index }) => hasFault(index))) {
    return found
  }
  const { video } = found
  const repaired = {
    ...found,
    seeksExactly: false,
    video: video !== null && hasFault(video.index) ? { ...video, ...ends.get(video.index) } : video,
    ...replaceAudio(found, (track) =>
      hasFault(track.index) ? { ...track, ...readAudioEnd(track, ends) } : track,
    ),
  }
  return withDuration(repaired, findLastEnd([repaired.video, repaired.audio]))
}

/**
 * True when the packets end well after the declared end, as in a recording to which another one was
 * appended. In MP4, an edit list can end the file before its packets.
 */
function isLonger(found: Probe, ends: ReadonlyMap<number, StreamEnd>): boolean {
  const { contentSeconds, facts } = found
  const measuredEnd = Math.max(0, ...[...ends.values()].map((each) => each.endSeconds))
  return (
    contentSeconds !== null &&
    areCertain(found, ends) &&
    !facts.format.startsWith('mov') &&
    measuredEnd > contentSeconds + MIN_APPENDED_SECONDS
  )
}

function replaceAudio(
  { audio, audioTracks }: Probe,
  change: (track: AudioStream) => AudioStream,
): Pick<Probe, 'audio' | 'audioTracks'> {
  return { audio: audio && change(audio), audioTracks: audioTracks.map(change) }
}

function withDuration(probe: Probe, contentSeconds: number | null): Probe {
  const durationSeconds = contentSeconds === null ? null : roundToMilliseconds(contentSeconds)
  return { ...probe, contentSeconds, facts: { ...probe.facts, durationSeconds } }
}
