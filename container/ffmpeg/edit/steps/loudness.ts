/**
 * Edit step: normalizes the loudness of the audio by EBU R128, in two passes. The first measures
 * the edited audio. The second applies one constant gain, which keeps the dynamics. If that gain
 * would exceed the maximum peak, or if the loudness range is above the maximum, it compresses the
 * audio instead.
 */
import type { AudioStep } from '../editedOutput.ts'

/** Maximum true peak in dBTP. It is below the -1 dBTP that R128 allows. */
const MAX_TRUE_PEAK = -1.5
/** Maximum loudness range in LU. */
const MAX_RANGE = 20
/**
 * Audio with a measured loudness below this, in LUFS, is not corrected: it is silent, or too short
 * to be measured.
 */
const MIN_LOUDNESS = -70

/** Inserts the filters of the current pass, which either measure or correct the loudness. */
export const applyLoudness: AudioStep = (_, loudness) => [...loudness]

/** Returns the filter that prints the loudness to stderr. */
export function measureLoudness(loudness: number): string[] {
  return [`${target(loudness)}:print_format=json`]
}

/**
 * Returns the filters that correct the loudness; none for audio without a measurable loudness.
 *
 * @param stderrTails end of stderr of each previous step, one of which measured the loudness
 */
export function correctLoudness(loudness: number, stderrTails: readonly string[]): string[] {
  const report = stderrTails.findLast((text) => text.includes('"input_thresh"')) ?? ''
  const read = (name: string) =>
    Number(new RegExp(`"${name}" : "(-?[\\d.]+)"`).exec(report)?.[1] ?? NaN)
  const measured = {
    I: read('input_i'),
    TP: read('input_tp'),
    LRA: read('input_lra'),
    thresh: read('input_thresh'),
  }
  if (!Object.values(measured).every(Number.isFinite) || measured.I < MIN_LOUDNESS) {
    return []
  }
  const offset = read('target_offset')
  const values = Object.entries(measured).map(([name, value]) => `measured_${name}=${value}`)
  return [
    `${target(loudness)}:linear=true:offset=${Number.isFinite(offset) ? offset : 0}:${values.join(':')}`,
    // When loudnorm compresses, its output has a sample rate of 192 kHz.
    'aresample=48000',
  ]
}

function target(loudness: number): string {
  return `loudnorm=I=-${loudness}:TP=${MAX_TRUE_PEAK}:LRA=${MAX_RANGE}`
}
