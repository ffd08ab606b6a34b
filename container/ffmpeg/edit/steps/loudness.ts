/**
 * Edit step: normalizes the loudness of the audio by EBU R128, in two passes. The first measures
 * the edited audio; the second applies one constant gain, so that the dynamics do not change.
 */
import type { AudioStep } from '../editedOutput.ts'

/** Maximum true peak in dBTP, as R128 and music stores require. */
const MAX_TRUE_PEAK = -1.5
/**
 * The maximum loudness range that loudnorm accepts. It compresses audio whose range is larger than
 * this.
 */
const MAX_RANGE = 20
/** Silence, and audio that is too short to be measured, are quieter than this in LUFS. */
const MIN_LOUDNESS = -70

/** Inserts the filters that measure or correct the loudness of this pass. */
export const applyLoudness: AudioStep = (_, loudness) => [...loudness]

/** Returns the filter that prints the loudness to stderr. */
export function measureLoudness(loudness: number): string[] {
  return [`${target(loudness)}:print_format=json`]
}

/**
 * Returns the filters that correct the loudness; none for silence.
 *
 * @param stderrTails contains the output of the step that measured
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
    // The output of loudnorm has 192 kHz.
    'aresample=48000',
  ]
}

function target(loudness: number): string {
  return `loudnorm=I=-${loudness}:TP=${MAX_TRUE_PEAK}:LRA=${MAX_RANGE}`
}
