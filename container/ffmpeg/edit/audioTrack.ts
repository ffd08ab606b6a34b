/** Selects the audio track of a file. */
import { JobFailure } from '../../failures.ts'
import type { AudioStream, Probe } from '../probe/probe.ts'

/**
 * @param number number of the track, from 1
 * @returns null if the file has no audio and track 1, the default, is requested
 * @throws JobFailure `unsupported` when the file has no track of that number
 */
export function selectAudioTrack({ audioTracks }: Probe, number: number): AudioStream | null {
  const track = audioTracks[number - 1] ?? null
  if (track !== null || number === 1) {
    return track
  }
  const count =
    audioTracks.length === 1 ? 'one audio track' : `${audioTracks.length || 'no'} audio tracks`
  throw new JobFailure('unsupported', `The file has ${count}, so there is no track ${number} (at).`)
}
