/** Encoder options for each audio codec. */
import {
  AUDIO_ENCODERS,
  type EncodedAudioCodec,
  HAS_BIT_RATE,
} from '../../../src/contract/codecs.ts'
import type { AudioStream } from '../probe/probe.ts'
import { ffmpegOptions } from '../process/options.ts'

/** Every encoder accepts this rate. Opus accepts neither 44.1 kHz nor rates above 48 kHz. */
const SAMPLE_RATE = 48_000
const SAMPLE_BITS = 16
const CHANNELS = 2

/**
 * Returns the bit rate of the encoded audio in kbit/s; for lossless audio, that of 16-bit stereo at
 * 48 kHz.
 */
export function resolveAudioKbps(codec: EncodedAudioCodec, kbps: number): number {
  return HAS_BIT_RATE[codec] ? kbps : (SAMPLE_RATE * SAMPLE_BITS * CHANNELS) / 1000
}

/** @param source rates up to 48 kHz are kept, except for Opus; null for generated silence */
export function buildAudioEncoder(
  codec: EncodedAudioCodec,
  kbps: number,
  source: AudioStream | null,
): string[] {
  const resamples = codec === 'opus' || source === null || source.sampleRate > SAMPLE_RATE
  return ffmpegOptions({
    'c:a': AUDIO_ENCODERS[codec],
    'b:a': HAS_BIT_RATE[codec] ? `${kbps}k` : null,
    ar: resamples ? SAMPLE_RATE : null,
  })
}
