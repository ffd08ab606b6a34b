/** Filters that bring one file's sound in step with its picture, and to at most two channels. */
import type { AudioStream, Probe } from '../probe/probe.ts'
import { JobFailure } from '../../failures.ts'
import { decimal, soundSpeed } from './timing.ts'

/** What files that are joined are brought to. */
const JOINED = 'aformat=sample_rates=48000:channel_layouts=stereo'

/**
 * @param track counted from 1
 * @returns null when the file has no sound at all and none was named
 * @throws JobFailure `unsupported` when there are tracks, and not that one
 */
export function trackOf({ audioTracks }: Probe, track: number): AudioStream | null {
  const found = audioTracks[track - 1] ?? null
  if (found !== null || track === 1) {
    return found
  }
  const there =
    audioTracks.length === 1 ? 'one audio track' : `${audioTracks.length || 'no'} audio tracks`
  throw new JobFailure(
    'unsupported',
    `The file has ${there}, so track ${track} (at) cannot be taken.`,
  )
}

/** The sound begins with the picture: what is missing at its start, or in between, is silence. */
export function soundOf(audio: AudioStream, speed: number, joined: boolean): string[] {
  const layout = `aformat=channel_layouts=${audio.channels === 1 ? 'mono' : 'stereo'}`
  return ['aresample=async=1:first_pts=0', joined ? JOINED : layout, ...soundSpeed(speed)]
}

/** @param seconds how much; null when nobody knows, and then `concat` fills up what is missing */
export function silence(seconds: number | null): string {
  return `anullsrc=r=48000:cl=stereo,atrim=duration=${decimal(seconds ?? 0.1)},${JOINED}`
}
