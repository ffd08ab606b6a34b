/**
 * Edit step: mixes audio down to stereo, with all of its channels. ffmpeg itself mixes only the
 * usual layouts, by default without low frequencies. From 7.1 on it rejects others, and channels in
 * another order.
 */
import type { AudioStream } from '../../probe/probe.ts'

/** Layouts that ffmpeg mixes down with all channels, by ffprobe's names. */
const USUAL_LAYOUTS = [
  'mono stereo downmix 2.1 3.0 3.0(back) 3.1 4.0 4.1 quad quad(side) 5.0 5.0(side) 5.1 5.1(side)',
  '6.0 6.0(front) hexagonal 6.1 6.1(back) 6.1(front) 7.0 7.0(front) 7.1 7.1(wide) 7.1(wide-side)',
  'octagonal',
].flatMap((names) => names.split(' '))
/** ffmpeg assumes a usual layout for an unknown one of up to this many channels. */
const MAX_ASSUMED_CHANNELS = 8

/** Channels of layouts that ffmpeg names but does not mix completely. */
const NAMED_LAYOUTS: Record<string, string> = {
  cube: 'FL+FR+BL+BR+TFL+TFR+TBL+TBR',
  '3.1.2': 'FL+FR+FC+LFE+TFL+TFR',
  '5.1.2': 'FL+FR+FC+LFE+BL+BR+TFL+TFR',
  '5.1.4': 'FL+FR+FC+LFE+BL+BR+TFL+TFR+TBL+TBR',
  '7.1.2': 'FL+FR+FC+LFE+BL+BR+SL+SR+TFL+TFR',
  '7.1.4': 'FL+FR+FC+LFE+BL+BR+SL+SR+TFL+TFR+TBL+TBR',
  '9.1.4': 'FL+FR+FC+LFE+BL+BR+FLC+FRC+SL+SR+TFL+TFR+TBL+TBR',
}

/** Gains of the left and right front channels, of all others, and of low frequencies. */
const FRONT = 1
const OTHER = 0.7
const LOW_FREQUENCIES = 0.5

/**
 * Returns the first filters of the audio of a file; none for the usual layouts of one or two
 * channels. The filters of a usual layout allow that the number of channels changes in mid-stream.
 */
export function foldChannels({ channels, layout }: AudioStream): string[] {
  const isUsual =
    layout === null ? channels <= MAX_ASSUMED_CHANNELS : USUAL_LAYOUTS.includes(layout)
  if (isUsual) {
    return channels <= 2
      ? []
      : [`aresample=lfe_mix_level=${LOW_FREQUENCIES}`, 'aformat=channel_layouts=stereo']
  }
  if (channels === 1) {
    return ['pan=mono|c0=c0']
  }
  const names = listChannels(layout, channels)
  // `<` reduces the gains so that their sum cannot clip.
  return [`pan=stereo|FL<${mixSide(names, 'L')}|FR<${mixSide(names, 'R')}`]
}

/** Returns the names of the channels in their order; empty ones when they are unknown. */
function listChannels(layout: string | null, channels: number): string[] {
  const inBrackets = /\(((?:\w+\+)+\w+)\)$/.exec(layout ?? '')?.[1]
  const names = (inBrackets ?? NAMED_LAYOUTS[layout ?? ''] ?? '').split('+')
  return names.length === channels ? names : Array.from({ length: channels }, () => '')
}

function mixSide(names: readonly string[], side: 'L' | 'R'): string {
  const gains = names.map((name, index) => ({ index, gain: gainOn(name, side) }))
  return gains
    .filter(({ gain }) => gain > 0)
    .map(({ index, gain }) => `${gain}*c${index}`)
    .join('+')
}

/** A name such as TFL ends with its side; the channels in the middle are on both sides. */
function gainOn(name: string, side: 'L' | 'R'): number {
  if (name.startsWith('LFE')) {
    return LOW_FREQUENCIES
  }
  const ownSide = /(?:L|LC)$/.test(name) ? 'L' : /(?:R|RC)$/.test(name) ? 'R' : null
  if (ownSide !== null && ownSide !== side) {
    return 0
  }
  return name === `F${side}` || name === `D${side}` || name === '' ? FRONT : OTHER
}
