/** Edit steps: align the audio of joined files, and convert audio to mono or stereo. */
import type { FileAudio } from '../editedOutput.ts'
import { formatDecimal } from '../numbers.ts'

/** Joined files must have the same sample rate and channels. */
export const JOINED_SAMPLE_RATE = 48_000
const JOINED_FORMAT = `aformat=sample_rates=${JOINED_SAMPLE_RATE}:channel_layouts=stereo`

/** Fills gaps of the audio with silence. The audio of joined files begins at time 0. */
export function synchronizeAudio({ isJoined }: FileAudio): string[] {
  return [isJoined ? 'aresample=async=1:first_pts=0' : 'aresample=async=1']
}

/**
 * Converts audio to mono or stereo. It also keeps the sample rate, which can change in mid-stream:
 * ffmpeg 5.1 would encode audio of the new rate as if it had the first one.
 */
export function mixChannels({ audio, isJoined }: FileAudio): string[] {
  const layout = audio.channels === 1 ? 'mono' : 'stereo'
  return [
    isJoined ? JOINED_FORMAT : `aformat=sample_rates=${audio.sampleRate}:channel_layouts=${layout}`,
  ]
}

/**
 * Returns filters that generate silence, which a joined file without audio needs.
 *
 * @param seconds null when unknown; `concat` then extends the silence to the end of the file's
 *   video, unless the file is the last one
 */
export function generateSilence(seconds: number | null): string[] {
  const duration = formatDecimal(seconds ?? 0.1)
  return [`anullsrc=r=${JOINED_SAMPLE_RATE}:cl=stereo`, `atrim=duration=${duration}`, JOINED_FORMAT]
}
