/** Encoder options for each audio codec. */
import { AUDIO_ENCODERS, type EncodedAudioCodec } from '../../../src/contract/codecs.ts'
import type { AudioStream } from '../probe/probe.ts'
import { ffmpegOptions } from '../process/options.ts'

/** Every encoder accepts it. Of the usual rates, Opus accepts no other. */
const SAMPLE_RATE = 48_000
const PCM_BITS = 16
const PCM_CHANNELS = 2

/** Returns the bit rate that the codec really has, in kbit/s: PCM has a fixed one. */
export function resolveAudioKbps(codec: EncodedAudioCodec, kbps: number): number {
  return codec === 'pcm' ? (SAMPLE_RATE * PCM_BITS * PCM_CHANNELS) / 1000 : kbps
}

/** @param source keeps its sample rate if the codec accepts it; null for silence */
export function buildAudioEncoder(
  codec: EncodedAudioCodec,
  kbps: number,
  source: AudioStream | null,
): string[] {
  const resamples = codec === 'opus' || source === null || source.sampleRate > SAMPLE_RATE
  return ffmpegOptions({
    'c:a': AUDIO_ENCODERS[codec],
    'b:a': codec === 'pcm' ? null : `${kbps}k`,
    ar: resamples ? SAMPLE_RATE : null,
  })
}
