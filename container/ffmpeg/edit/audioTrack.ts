/** Selects the audio track of a file. */
import { JobFailure } from '../../failures.ts'
import type { AudioStream, Probe } from '../probe/probe.ts'

/**
 * @param number number of the track, from 1. 1 is the default, and selects the track that the probe
 *   chose.
 * @returns null if 1 is requested, and the file has no audio that can be used
 * @throws JobFailure `unsupported` when the file has no track of that number, or it cannot be used
 */
export function selectAudioTrack(probe: Probe, number: number): AudioStream | null {
  if (number === 1) {
    return probe.audio
  }
  const { audioTracks, problems } = probe
  const track = audioTracks[number - 1]
  if (track === undefined) {
    const count =
      audioTracks.length === 1 ? 'one audio track' : `${audioTracks.length || 'no'} audio tracks`
    throw new JobFailure(
      'unsupported',
      `The file has ${count}, so there is no track ${number} (at).`,
    )
  }
  const problem = problems.get(track.index)
  if (problem !== undefined) {
    throw new JobFailure(
      'unsupported',
      `Audio track ${number} (${track.codec}) ${problem}. Use another track (at), or no audio (ac_none).`,
    )
  }
  return track
}

/**
 * Explains why a file has no audio that can be used, as a sentence.
 *
 * @param otherwise the explanation for a file without audio tracks
 */
export function describeMissingAudio({ notes }: Probe, otherwise: string): string {
  return notes.audio.at(-1) ?? otherwise
}
