/** The durations by which an output is verified. */

/** Durations of the tracks; null for a track that is not used, and when unknown. */
export interface TrackSeconds {
  video: number | null
  audio: number | null
}

export interface ExpectedDurations {
  /** Duration in seconds; null when it is not verified. */
  seconds: number | null
  /** Duration of each track; absent or null when it is not verified. */
  trackSeconds?: TrackSeconds
  /** Durations that are only estimated: a difference is noted. Absent when they are verified. */
  estimatedSeconds?: TrackSeconds
}

interface PlannedDurations {
  seconds: number | null
  trackSeconds: TrackSeconds
  durationIsKnown: boolean
}

/** Durations that are only estimated are not verified. */
export function expectDurations(output: PlannedDurations): ExpectedDurations {
  const { durationIsKnown, seconds, trackSeconds } = output
  return durationIsKnown
    ? { seconds, trackSeconds }
    : { seconds: null, estimatedSeconds: trackSeconds }
}
