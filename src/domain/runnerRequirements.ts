/** Which runners a job fits: what of ffmpeg it takes, and how much of a disk. */
import {
  AUDIO_ENCODERS,
  type AudioCodec,
  IMAGE_ENCODERS,
  PREVIEW_ENCODERS,
  VIDEO_ENCODERS,
} from '../contract/codecs.ts'
import type { Rendition } from '../contract/rendition.ts'
import type { ClaimRequest } from '../contract/runnerProtocol.ts'

function listAudioEncoders(codec: AudioCodec): string[] {
  return codec === 'copy' || codec === 'none' ? [] : [AUDIO_ENCODERS[codec]]
}

/** The encoders, by ffmpeg's names, that a runner needs whatever the source turns out to be. */
export function requiredEncodersOf(rendition: Rendition): string[] {
  switch (rendition.kind) {
    case 'video':
    case 'stream':
      return [...listAudioEncoders(rendition.audioCodec), VIDEO_ENCODERS[rendition.videoCodec]]
    case 'audio':
      return listAudioEncoders(rendition.audioCodec)
    case 'image':
    case 'sprite':
    case 'wave':
      return [IMAGE_ENCODERS[rendition.format]]
    case 'preview':
      return [PREVIEW_ENCODERS[rendition.format]]
    case 'probe':
      return []
  }
}

/** What comes out of these is small, however large the source. */
const SMALL: readonly Rendition['kind'][] = ['image', 'sprite', 'wave', 'probe']
const GIB = 2 ** 30

/** Sizes by doubling: 0 for what fits any disk, 1 up to 1 GiB, 2 up to 2 GiB, 3 up to 4 GiB… */
export function classOfBytes(bytes: number) {
  return 1 + Math.max(0, Math.ceil(Math.log2(bytes / GIB)))
}
export function sizeClassOf({ kind }: Rendition, sourceBytes: number) {
  return SMALL.includes(kind) ? 0 : classOfBytes(sourceBytes)
}

/** What a runner can do. What is not given is no bound. */
export interface RunnerCapabilities {
  /**
   * Videos made of larger sources are not for it. The source is read by ranges and never stored, but a
   * result is seldom larger than its source, and it has to fit.
   */
  diskBytes?: number
  /** All that it has. */
  encoders?: string[]
}

export function capabilitiesOf({
  diskBytes,
  encoders,
}: ClaimRequest['runner']): RunnerCapabilities {
  return {
    ...(diskBytes !== undefined && { diskBytes }),
    ...(encoders !== undefined && { encoders }),
  }
}
