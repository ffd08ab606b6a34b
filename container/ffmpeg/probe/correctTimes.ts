/**
 * Corrects the times of a probe by the times of the packets: an unknown, implausible or wrong
 * duration, and times that jump or go back.
 */
import { MAX_FRAMES, MAX_SECONDS } from '../process/limits.ts'
import { JobFailure } from '../../failures.ts'
import type { StreamNeeds } from './chooseStreams.ts'
import { MAX_STEP_SECONDS, type MeasuredEnds, measureEnds, type StreamEnd } from './measureEnds.ts'
import { findMaxPause } from './timeFaults.ts'
import type { Probe, ProbeOptions } from './probe.ts'
import type { KnownFileOptions } from './probeMemo.ts'
import { type AudioStream, findLastEnd, roundToMilliseconds, UNTIMED_AUDIO } from './streams.ts'

/**
 * Video files with fewer bytes per second are read, because one wrong timestamp can be the cause.
 */
const MIN_PLAUSIBLE_BYTES_PER_SECOND = 1_000
/**
 * Larger files are read to find times that jump or go back only if an encode has met such a time,
 * see `boundTimes.ts`.
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
    const measured = await measureEnds(options, findMaxPause(found))
    // A file that is cut off is too small for its duration, too. It keeps its duration, and so fails.
    const isDeclared =
      found.durationIsDeclared &&
      found.contentSeconds !== null &&
      (measured.isTruncated || areCertain(found, measured.ends))
    const corrected = isDeclared ? repairTimes(found, measured) : replaceEnds(found, measured.ends)
    return { ...corrected, hasExaminedTimes: true }
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
  options: KnownFileOptions & { sizeBytes: number; ofAnySize?: boolean },
): Promise<Probe> {
  const { sizeBytes, ofAnySize = false } = options
  const isTooLarge = found.isFragmented || sizeBytes > MAX_EXAMINED_BYTES
  if (found.hasExaminedTimes || found.isStill || (isTooLarge && !ofAnySize)) {
    return found
  }
  const measured = await measureEndsIfPossible(found, options)
  const corrected =
    found.durationIsDeclared || !areCertain(found, measured.ends)
      ? repairTimes(found, measured)
      : replaceEnds(found, measured.ends)
  return { ...corrected, hasExaminedTimes: true }
}

/** A declared duration is wrong if it differs by more than this from that of the packets. */
const MIN_DIFFERENCE_SECONDS = 0.5
/** The same as a share of the duration, for a file that is shorter: clocks drift. */
const MIN_DIFFERENCE_SHARE = 0.02

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
  options: KnownFileOptions,
): Promise<MeasuredEnds> {
  try {
    return await measureEnds(options, findMaxPause(found))
  } catch (error) {
    if (error instanceof JobFailure) {
      return { ends: new Map(), isTruncated: false }
    }
    throw error
  }
}

/**
 * Replaces the ends of the streams, and the duration of the file, by measured ones. If the duration
 * is known and the measured one exceeds MAX_SECONDS, nothing is replaced.
 */
function replaceEnds(found: Probe, ends: ReadonlyMap<number, StreamEnd>): Probe {
  const measuredEnd = findMeasuredEnd(ends)
  const isCertain = found.video !== null && ends.get(found.video.index)?.isCertain === true
  const hasWrongTimes =
    !isCertain &&
    found.contentSeconds !== null &&
    found.contentSeconds > measuredEnd + MAX_STEP_SECONDS
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
 * Replaces all ends if the declared duration is wrong, otherwise those of the streams with wrong
 * times. `seeksExactly` becomes false for wrong times, because ffmpeg would seek by them.
 */
function repairTimes(found: Probe, { ends, isTruncated }: MeasuredEnds): Probe {
  const shownEnds = found.facts.format.startsWith('mov') ? limitToShown(ends) : ends
  if (isLonger(found, shownEnds)) {
    return replaceEnds(found, shownEnds)
  }
  if (!isTruncated && isShorter(found, ends)) {
    return addDurationNote(found, replaceEnds(found, ends))
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

/** Leaves out the packets that an edit list of MP4 hides. */
function limitToShown(ends: ReadonlyMap<number, StreamEnd>): ReadonlyMap<number, StreamEnd> {
  return new Map(
    [...ends].map(([index, end]) => [index, { ...end, endSeconds: end.shownEndSeconds }]),
  )
}

/** True when the packets end well after the declared end, as if a recording was appended. */
function isLonger(found: Probe, ends: ReadonlyMap<number, StreamEnd>): boolean {
  const { contentSeconds } = found
  return (
    contentSeconds !== null &&
    areCertain(found, ends) &&
    findMeasuredEnd(ends) > contentSeconds + MIN_DIFFERENCE_SECONDS
  )
}

/** True when the packets end well before the declared end, as in a file that is cut off. */
function isShorter(found: Probe, ends: ReadonlyMap<number, StreamEnd>): boolean {
  const { contentSeconds } = found
  return (
    contentSeconds !== null &&
    ends.size > 0 &&
    areCertain(found, ends) &&
    findMeasuredEnd(ends) <
      contentSeconds - Math.max(MIN_DIFFERENCE_SECONDS, contentSeconds * MIN_DIFFERENCE_SHARE)
  )
}

function findMeasuredEnd(ends: ReadonlyMap<number, StreamEnd>): number {
  return Math.max(0, ...[...ends.values()].map((each) => each.endSeconds))
}

function addDurationNote(found: Probe, corrected: Probe): Probe {
  const [declared, actual] = [found, corrected].map(({ contentSeconds }) =>
    (contentSeconds ?? 0).toFixed(1),
  )
  const note = `The file declares a duration of ${declared} seconds, and has ${actual}.`
  const { video, audio } = corrected.notes
  return { ...corrected, notes: { video: [...video, note], audio: [...audio, note] } }
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
