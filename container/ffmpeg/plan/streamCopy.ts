/** Which streams need not be encoded, decided for each by itself, and why not, in words. */
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { JobFailure } from '../../failures.ts'
import { PROBED_AS } from '../encode/videoEncoders.ts'
import { same, type Size } from '../edit/geometry.ts'
import type { AudioStream, VideoStream } from '../probe/probe.ts'
import { frugalBitsPerPixel } from '../encode/quality.ts'

type Video = RenditionOf<'video'>
type Sounding = Pick<
  Video,
  | ('audioCodec' | 'audioKbps' | 'loudness' | 'trimMode' | 'startSeconds' | 'endSeconds')
  | ('speed' | 'append' | 'fadeInSeconds' | 'fadeOutSeconds')
> & { format: Video['format'] | RenditionOf<'audio'>['format'] }

export interface Decision {
  action: 'copy' | 'encode' | 'drop'
  reason: string
}

/** The codecs of ffprobe's that each container holds, in any player's opinion or in most. */
const HOLDS: Record<Sounding['format'], readonly string[] | null> = {
  mp4: ['aac', 'mp3', 'opus', 'ac3', 'eac3', 'alac', 'flac'],
  mov: ['aac', 'mp3', 'ac3', 'eac3', 'alac', 'pcm_s16le', 'pcm_s16be', 'pcm_s24le', 'pcm_s24be'],
  mkv: null,
  webm: ['opus', 'vorbis'],
  m4a: ['aac', 'alac', 'ac3'],
  mp3: ['mp3'],
  opus: ['opus'],
  wav: ['pcm_s16le', 'pcm_s24le'],
}
/** What is as good as the codec that was asked for, in a container that is used with both. */
const ALIKE: Record<string, readonly string[]> = {
  aac: ['aac'],
  mp3: ['mp3'],
  opus: ['opus', 'vorbis'],
  pcm: ['pcm_s16le'],
}
/** Encoding anew costs more of the sound than a bit rate above the one asked for is worth. */
const SPARE_KBPS = 1.5

/** What is done to the time of a file, which no copying can do. */
export function edited(r: Omit<Sounding, 'format'>): string | null {
  if (r.speed !== 1) {
    return 'the speed changes'
  }
  if (r.append.length > 0) {
    return 'files are joined'
  }
  if (r.fadeInSeconds > 0 || r.fadeOutSeconds > 0) {
    return 'it is faded'
  }
  const partial = r.startSeconds > 0 || r.endSeconds !== null
  return partial && r.trimMode === 'exact' ? 'a part is asked for, exact to the frame' : null
}

/**
 * @param partial whether less than the whole file is taken
 * @throws JobFailure `unsupported` when the sound is to be copied and cannot be
 */
export function decideAudio(
  r: Sounding,
  audio: AudioStream | null,
  partial: boolean,
): Decision | null {
  if (audio === null) {
    return null
  }
  if (r.audioCodec === 'none') {
    return { action: 'drop', reason: 'no sound is asked for' }
  }
  const change = edited(partial ? r : { ...r, startSeconds: 0, endSeconds: null })
  const obstacle = r.loudness === null ? change : 'the loudness changes'
  if (r.audioCodec === 'copy') {
    return copied(r, audio, obstacle)
  }
  const alike = ALIKE[r.audioCodec] ?? []
  const kept =
    HOLDS[r.format] === null ? alike : alike.filter((codec) => HOLDS[r.format]?.includes(codec))
  const reason =
    obstacle ??
    (kept.includes(audio.codec) ? null : `${audio.codec} becomes ${r.audioCodec}`) ??
    (audio.channels > 2 ? `the audio has ${audio.channels} channels` : null) ??
    tooRich(audio, r)
  return reason === null
    ? { action: 'copy', reason: `${audio.codec} is as asked already` }
    : { action: 'encode', reason }
}

function copied(r: Sounding, audio: AudioStream, obstacle: string | null): Decision {
  const holds = HOLDS[r.format]
  if (holds !== null && !holds.includes(audio.codec)) {
    throw new JobFailure(
      'unsupported',
      `The sound is ${audio.codec}, which ${r.format} does not take as it is (ac_copy); it takes ${holds.join(', ')}. Leave ac out, or ask for mkv, which takes any.`,
    )
  }
  // A cut at the packet of sound is at most a 20th of a second off, which is what copying means.
  if (obstacle !== null && !obstacle.startsWith('a part')) {
    throw new JobFailure(
      'unsupported',
      `The sound cannot be copied (ac_copy), since ${obstacle}. Leave ac out.`,
    )
  }
  return { action: 'copy', reason: 'to be copied, as asked' }
}

function tooRich({ bitRate }: AudioStream, { audioCodec, audioKbps }: Sounding): string | null {
  if (audioCodec === 'pcm' || bitRate === null) {
    return null
  }
  const kbps = Math.round(bitRate / 1000)
  return kbps > audioKbps * SPARE_KBPS
    ? `the audio has ${kbps} kbit/s, more than the ${audioKbps} asked for`
    : null
}

interface Picture {
  output: Size
  quality: number
  sizeBytes: number
  partial: boolean
}

/** Why the picture cannot be copied as it is; null when it can. */
export function obstacleToCopy(r: Video, video: VideoStream, picture: Picture): string | null {
  const change = edited(picture.partial ? r : { ...r, startSeconds: 0, endSeconds: null })
  if (change !== null) {
    return change
  }
  if (r.rotate !== 0 || r.flip !== 'none') {
    return 'the picture is turned'
  }
  if (r.watermark !== null) {
    return 'a watermark is laid on'
  }
  if (r.subtitles !== null && r.subtitleMode === 'burn') {
    return 'subtitles are drawn in'
  }
  const codecs = [PROBED_AS[r.videoCodec], ...(r.format === 'webm' ? ['vp8'] : [])]
  if (!codecs.includes(video.codec)) {
    return `${video.codec} becomes ${r.videoCodec}`
  }
  if (video.pixelFormat !== 'yuv420p') {
    return `the pixels are ${video.pixelFormat}, not yuv420p`
  }
  if (video.hdr) {
    return 'the colours are HDR'
  }
  if (video.interlaced) {
    return 'the video is interlaced'
  }
  if (video.rotated) {
    return 'the video is stored rotated'
  }
  if (!same(picture.output, video.upright)) {
    return `the size becomes ${picture.output.width} by ${picture.output.height}`
  }
  if (!same(video.display, video.upright)) {
    return 'the pixels are not square'
  }
  if (r.frameRate !== null && Math.abs(r.frameRate - (video.frameRate ?? 0)) > 0.01) {
    return `the frame rate becomes ${r.frameRate}`
  }
  return tooMuch(r, video, picture)
}

function tooMuch(r: Video, video: VideoStream, { output, quality, sizeBytes, partial }: Picture) {
  if (r.sizeKilobytes !== null) {
    const fits = !partial && sizeBytes <= r.sizeKilobytes * 1000
    return fits ? null : `it is to measure ${r.sizeKilobytes} kB`
  }
  const kbps = video.bitRate === null ? Infinity : video.bitRate / 1000
  if (r.videoKbps !== null && kbps > r.videoKbps) {
    return `its bit rate is to be ${r.videoKbps} kbit/s at the most`
  }
  // Without a frame rate the bit rate says nothing; 25 is the least that a video is likely to have.
  const pixelsASecond = output.width * output.height * (video.frameRate ?? 25)
  const bitsPerPixel = (kbps * 1000) / pixelsASecond
  const frugal = frugalBitsPerPixel(quality)
  return bitsPerPixel > frugal
    ? `${bitsPerPixel.toFixed(3)} bits a pixel are more than quality ${quality} needs (${frugal.toFixed(3)})`
    : null
}
