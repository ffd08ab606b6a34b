/** ffmpeg's options for each encoder of sound. */
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import type { AudioStream } from '../probe/probe.ts'

export type SoundCodec = Exclude<RenditionOf<'video'>['audioCodec'], 'copy' | 'none'>

const ENCODERS: Record<SoundCodec, string> = {
  aac: 'aac',
  opus: 'libopus',
  mp3: 'libmp3lame',
  pcm: 'pcm_s16le',
}
/** The highest that all of them take; Opus takes no other that is usual. */
const SAMPLE_RATE = 48_000

/** The names by which ffprobe knows the codecs. */
export const SOUND_PROBED_AS: Record<SoundCodec, string> = {
  aac: 'aac',
  opus: 'opus',
  mp3: 'mp3',
  pcm: 'pcm_s16le',
}

/** What it takes, in kbit/s. */
export function soundKbps(codec: SoundCodec, kbps: number): number {
  return codec === 'pcm' ? (SAMPLE_RATE * 16 * 2) / 1000 : kbps
}

/** @param source whose sample rate is kept where the codec takes it */
export function audioEncoder(
  codec: SoundCodec,
  kbps: number,
  source: AudioStream | null,
): string[] {
  const other = codec === 'opus' || source === null || source.sampleRate > SAMPLE_RATE
  return [
    '-c:a',
    ENCODERS[codec],
    ...(codec === 'pcm' ? [] : ['-b:a', `${kbps}k`]),
    ...(other ? ['-ar', String(SAMPLE_RATE)] : []),
  ]
}
