/** What becomes of each stream of a video, and the bits that its picture gets. */
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { JobFailure } from '../../failures.ts'
import { type SoundCodec, soundKbps } from '../encode/audioEncoders.ts'
import { decideAudio, type Decision, obstacleToCopy } from './streamCopy.ts'
import { MIN_SIDE, type Rate } from '../encode/videoEncoders.ts'
import type { EditGraph } from '../edit/graph.ts'
import type { Size } from '../edit/geometry.ts'
import type { AudioStream, Probe, VideoStream } from '../probe/probe.ts'
import { resolveQuality } from '../encode/quality.ts'
import { capOf, rateForSize } from '../encode/bitRate.ts'

type Video = RenditionOf<'video'>

const FITS = 'codec, size and bit rate are as asked already'

export interface Decided {
  video: Decision
  /** null: no file has sound. */
  audio: Decision | null
  /** Of an encoded sound. */
  soundCodec: SoundCodec | null
  rate: Rate
}

export interface Source {
  probe: Probe
  video: VideoStream
  track: AudioStream | null
  partial: boolean
}

/** @param graph of all edits, which says what comes out */
export function decide(rendition: Video, source: Source, graph: EditGraph): Decided {
  const { probe, track, partial } = source
  const size = graph.size!
  const quality = resolveQuality(rendition.quality, 'video', Math.min(size.width, size.height))
  const facts = { output: size, quality, sizeBytes: probe.facts.sizeBytes, partial }
  const obstacle = obstacleToCopy(rendition, source.video, facts)
  if (obstacle !== null) {
    checkLeast(rendition, size)
  }
  const audio = graph.audio === null ? null : soundDecision(rendition, track, partial)
  const soundCodec = audio?.action === 'encode' ? codecOf(rendition.audioCodec) : null
  return {
    video:
      obstacle === null ? { action: 'copy', reason: FITS } : { action: 'encode', reason: obstacle },
    audio,
    soundCodec,
    rate:
      obstacle === null || rendition.sizeKilobytes === null
        ? { by: 'quality', pass: 0, quality, cap: capOf(rendition.videoKbps, graph.seconds) }
        : {
            by: 'size',
            pass: 0,
            kbps: rateForSize({
              kilobytes: rendition.sizeKilobytes,
              seconds: graph.seconds,
              size,
              frameRate: graph.frameRate,
              soundKbps: kbpsOf(rendition, audio, track),
            }),
          },
  }
}

/** Of silence beside joined files nothing can be copied, so that it is encoded. */
function soundDecision(rendition: Video, track: AudioStream | null, partial: boolean): Decision {
  const decision = decideAudio(rendition, track, partial)
  if (decision === null) {
    return { action: 'encode', reason: 'files are joined' }
  }
  // Only a sound whose bits are counted leaves the picture what it may have.
  const uncounted = rendition.sizeKilobytes !== null && track?.bitRate === null
  return uncounted && decision.action === 'copy'
    ? { action: 'encode', reason: 'its bit rate is not known, and a size is asked for' }
    : decision
}

function kbpsOf(rendition: Video, audio: Decision | null, track: AudioStream | null): number {
  if (audio === null || audio.action === 'drop') {
    return 0
  }
  if (audio.action === 'copy') {
    return (track?.bitRate ?? 0) / 1000
  }
  return soundKbps(codecOf(rendition.audioCodec), rendition.audioKbps)
}

/** `copy` never gets as far as being encoded, but for silence that is made here. */
function codecOf(codec: Video['audioCodec']): SoundCodec {
  return codec === 'copy' || codec === 'none' ? 'aac' : codec
}

/** @throws JobFailure `unsupported` when the encoder takes no picture as small as that */
export function checkLeast({ videoCodec }: Pick<Video, 'videoCodec'>, { width, height }: Size) {
  const least = MIN_SIDE[videoCodec]
  if (Math.min(width, height) >= least) {
    return
  }
  throw new JobFailure(
    'unsupported',
    `The picture would measure ${width} by ${height}; ${videoCodec} needs ${least} by ${least} at the least. Ask for a larger one, or for vc_h264.`,
  )
}

/** One sentence for both streams. */
export function reasonFor({ video, audio }: Decided): string {
  if (audio === null || audio.reason === video.reason) {
    return video.reason
  }
  if (video.action === 'copy' && audio.action === 'copy') {
    return FITS
  }
  return `picture: ${video.reason}; sound: ${audio.reason}`
}
