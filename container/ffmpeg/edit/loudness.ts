/**
 * Loudness by EBU R128, in two passes: one measures the sound as it will come out, the other moves
 * the whole of it by what is missing, so that what is loud and what is quiet stay apart.
 */
import type { EditGraph } from './graph.ts'
import { COMMON_OPTIONS } from '../process/limits.ts'
import type { FfmpegStep } from '../renderPlan.ts'

/** True peaks stay below this, in dBTP, as R128 and the stores of music want it. */
const PEAK = -1.5
/** The widest range that loudnorm knows. It would squeeze what has more than it is told. */
const RANGE = 20

/** @param graphWith the graph of the sound, with such filters at its end */
export function measureLoudness(
  loudness: number,
  graphWith: (filters: string[]) => EditGraph,
): FfmpegStep {
  const measure = `${target(loudness)}:print_format=json`
  const graph = graphWith([measure])
  return {
    stage: 'analyse',
    cost: 0.1,
    seconds: graph.seconds,
    ffmpeg: () => [
      ...COMMON_OPTIONS,
      ...graph.inputs,
      '-filter_complex',
      graph.filters,
      '-map',
      String(graph.audio),
      '-f',
      'null',
      '-',
    ],
  }
}

/**
 * @param said what the steps before wrote, of which one measured
 * @returns the filters that bring the sound there; none when there is nothing to be heard
 */
export function bringToLoudness(loudness: number, said: readonly string[]): string[] {
  const found = said.findLast((text) => text.includes('"input_thresh"')) ?? ''
  const value = (name: string) =>
    Number(new RegExp(`"${name}" : "(-?[\\d.]+)"`).exec(found)?.[1] ?? NaN)
  const measured = {
    I: value('input_i'),
    TP: value('input_tp'),
    LRA: value('input_lra'),
    thresh: value('input_thresh'),
  }
  const offset = value('target_offset')
  // Silence is infinitely quiet, and so is what is too short to be measured.
  if (!Object.values(measured).every(Number.isFinite) || measured.I < -70) {
    return []
  }
  const list = Object.entries(measured).map(([name, each]) => `measured_${name}=${each}`)
  return [
    `${target(loudness)}:linear=true:offset=${Number.isFinite(offset) ? offset : 0}:${list.join(':')}`,
    // Inside, it works at 192 kHz.
    'aresample=48000',
  ]
}

function target(loudness: number): string {
  return `loudnorm=I=-${loudness}:TP=${PEAK}:LRA=${RANGE}`
}
