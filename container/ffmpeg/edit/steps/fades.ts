/** Edit step: fades video from and to black, and audio from and to silence. */
import { JobFailure } from '../../../failures.ts'
import type { EditedOutput, LabelledChains } from '../editedOutput.ts'
import type { Edits } from '../edits.ts'
import { formatDecimal } from '../numbers.ts'

/** @throws JobFailure `unsupported` when a fade-out is requested and the duration is unknown */
export function checkFades({ fadeOutSeconds }: Edits, seconds: number | null): void {
  if (fadeOutSeconds > 0 && seconds === null) {
    throw new JobFailure(
      'unsupported',
      'The duration of the source or of an appended file is unknown, so the end cannot fade out. Leave out the fade (fo). If only the source is the cause, you can set an end (eo) instead.',
    )
  }
}

export function fadeVideo(output: EditedOutput, from: string): LabelledChains | null {
  const filters = buildFades(output, 'fade')
  return filters.length === 0 ? null : { chains: [`${from}${filters.join(',')}[v]`], to: '[v]' }
}

export function fadeAudio(output: EditedOutput): string[] {
  return buildFades(output, 'afade')
}

function buildFades({ edits, seconds }: EditedOutput, filter: 'fade' | 'afade'): string[] {
  const { fadeInSeconds, fadeOutSeconds } = edits
  const start = Math.max(0, (seconds ?? 0) - fadeOutSeconds)
  const duration = Math.min(fadeOutSeconds, seconds ?? 0)
  return [
    ...(fadeInSeconds > 0 ? [`${filter}=t=in:st=0:d=${formatDecimal(fadeInSeconds)}`] : []),
    ...(fadeOutSeconds > 0
      ? [`${filter}=t=out:st=${formatDecimal(start)}:d=${formatDecimal(duration)}`]
      : []),
  ]
}
