/** Filters of time: speed, frame rate and fades. */
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { JobFailure } from '../../failures.ts'

type Fades = Pick<RenditionOf<'video'>, 'fadeInSeconds' | 'fadeOutSeconds'>

/** Above this, a rate is a time base that was taken for one. */
const MAX_FRAME_RATE = 120

/** Never in exponent notation, and without zeros that say nothing. */
export function decimal(value: number, places = 3): string {
  return String(Number(value.toFixed(places)))
}

export function pictureSpeed(speed: number): string[] {
  return speed === 1 ? [] : [`setpts=PTS/${decimal(speed)}`]
}

/** Steps of at most 2, up to which samples are blended rather than left out; the pitch stays. */
export function soundSpeed(speed: number): string[] {
  if (speed === 1) {
    return []
  }
  const steps = speed > 2 || speed < 0.5 ? 2 : 1
  return Array.from({ length: steps }, () => `atempo=${(speed ** (1 / steps)).toFixed(6)}`)
}

/**
 * The even rate that frames are brought to; null to leave them when they come, which is what keeps a
 * variable rate in step with its sound.
 */
export function rateOf(options: {
  wanted: number | null
  source: number | null
  speed: number
  joined: boolean
}): number | null {
  const { wanted, source, speed, joined } = options
  if (wanted !== null) {
    return wanted
  }
  const played = source === null ? null : source * speed
  if (joined) {
    return Math.min(source ?? 25, MAX_FRAME_RATE)
  }
  // Sped up, frames come faster than anyone can see or many players can show.
  if (speed > 1 && source !== null) {
    return Math.min(source, MAX_FRAME_RATE)
  }
  // From ffmpeg 7 on slowed frames say nothing of how long they are shown, and an MP4 loses the last.
  if (speed < 1 && played !== null) {
    return Math.min(played, MAX_FRAME_RATE)
  }
  return played !== null && played > MAX_FRAME_RATE ? MAX_FRAME_RATE : null
}

/** @param seconds of what comes out; null when nobody knows, and then nothing can fade out */
export function fades(
  { fadeInSeconds, fadeOutSeconds }: Fades,
  seconds: number | null,
  filter: 'fade' | 'afade',
): string[] {
  if (fadeOutSeconds > 0 && seconds === null) {
    throw new JobFailure(
      'unsupported',
      'The file does not say how long it is, so its end cannot be faded. Ask for an end (eo), or leave the fade (fo) out.',
    )
  }
  const start = Math.max(0, (seconds ?? 0) - fadeOutSeconds)
  const length = Math.min(fadeOutSeconds, seconds ?? 0)
  return [
    ...(fadeInSeconds > 0 ? [`${filter}=t=in:st=0:d=${decimal(fadeInSeconds)}`] : []),
    ...(fadeOutSeconds > 0 ? [`${filter}=t=out:st=${decimal(start)}:d=${decimal(length)}`] : []),
  ]
}
