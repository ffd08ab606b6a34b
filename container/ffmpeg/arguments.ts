/**
 * ffmpeg's argument list for one rendition, suited to ffmpeg 5.1 and 7.1. Owns codecs, containers
 * and filters; every number that is a decision (sizes, seconds, quality) is handed in.
 */
import type { RenditionOf } from '../../src/contract/rendition.ts'
import { same, type Geometry } from './geometry.ts'
import { INPUT_LIMITS } from './limits.ts'
import type { AudioStream, VideoStream } from './probe.ts'
import { jpegScale, vp9Crf, x264Crf } from './quality.ts'

/** About twice as fast as "medium" for a tenth more bytes: what a shared half CPU can bear. */
const X264_PRESET = 'veryfast'

export type Job = {
  rendition: RenditionOf<'video'> | RenditionOf<'image'>
  /** The address or file that ffmpeg reads. */
  input: string
  /** The file that it writes. */
  output: string
  geometry: Geometry
  /** 1 to 100, `auto` resolved. */
  quality: number
  startSeconds: number
  /** How much to take from there; null for all of it. */
  lengthSeconds: number | null
  video: VideoStream
  audio: AudioStream | null
}

const CONTAINERS = {
  mp4: ['-movflags', '+faststart', '-f', 'mp4'],
  mov: ['-movflags', '+faststart', '-f', 'mov'],
  mkv: ['-f', 'matroska'],
  webm: ['-f', 'webm'],
}

export function encodeArguments(job: Job): string[] {
  const format = videoFormat(job.rendition)
  return [
    ...opening(job),
    ...streams(),
    ...['-vf', filters(job).join(',')],
    ...(format === 'webm' ? vp9(job.quality) : x264(job.quality)),
    ...(job.audio === null ? [] : audio(job.audio, format)),
    ...CONTAINERS[format],
    job.output,
  ]
}

export function remuxArguments(job: Job): string[] {
  const format = videoFormat(job.rendition)
  return [...opening(job), ...streams(), '-c', 'copy', ...CONTAINERS[format], job.output]
}

/** How far before the second asked for a picture that is still on screen then is looked for. */
const LOOK_BACK_SECONDS = 30

/**
 * @param seek `exact` gives the first picture at or after the second. When none comes any more
 *   (only the sound goes on), `last` goes through what comes before and keeps the last picture.
 */
export function frameArguments(job: Job, seek: 'exact' | 'last'): string[] {
  const from = Math.max(0, job.startSeconds - LOOK_BACK_SECONDS)
  const before = { ...job, startSeconds: from, lengthSeconds: job.startSeconds - from }
  return [
    ...(seek === 'exact' ? opening(job) : opening(before)),
    ...['-map', '0:V:0', '-map_metadata', '-1', '-an', '-sn', '-dn'],
    ...(seek === 'exact' ? ['-frames:v', '1'] : []),
    ...['-vf', filters(job).join(',')],
    ...picture(job),
    ...['-f', 'image2', '-update', '1'],
    job.output,
  ]
}

function opening(job: Job): string[] {
  return [
    ...['-hide_banner', '-nostdin', '-nostats', '-progress', 'pipe:1', '-y'],
    ...INPUT_LIMITS,
    ...(job.startSeconds > 0 ? ['-ss', seconds(job.startSeconds)] : []),
    ...['-i', job.input],
    ...(job.lengthSeconds === null ? [] : ['-t', seconds(job.lengthSeconds)]),
  ]
}

/** `V` leaves out cover pictures. Titles, places and device names are not passed on. */
function streams(): string[] {
  return [
    ...['-map', '0:V:0', '-map', '0:a:0?', '-sn', '-dn'],
    ...['-map_metadata', '-1', '-map_chapters', '-1'],
  ]
}

function x264(quality: number): string[] {
  const crf = String(x264Crf(quality))
  return ['-c:v', 'libx264', '-preset', X264_PRESET, '-crf', crf, '-pix_fmt', 'yuv420p']
}

function vp9(quality: number): string[] {
  return [
    ...['-c:v', 'libvpx-vp9', '-crf', String(vp9Crf(quality)), '-b:v', '0', '-pix_fmt', 'yuv420p'],
    ...['-deadline', 'good', '-cpu-used', '4', '-row-mt', '1', '-tile-columns', '1'],
  ]
}

function audio(source: AudioStream, format: 'mp4' | 'mov' | 'mkv' | 'webm'): string[] {
  return [
    ...['-c:a', format === 'webm' ? 'libopus' : 'aac', '-b:a', '128k'],
    ...(source.channels > 2 ? ['-ac', '2'] : []),
    ...(source.sampleRate > 48_000 ? ['-ar', '48000'] : []),
  ]
}

function picture({ rendition, quality }: Job): string[] {
  switch (rendition.format) {
    case 'png':
      return ['-c:v', 'png', '-pix_fmt', 'rgb24']
    case 'webp':
      return ['-c:v', 'libwebp', '-quality', String(quality)]
    default:
      return ['-c:v', 'mjpeg', '-q:v', String(jpegScale(quality)), '-pix_fmt', 'yuvj420p']
  }
}

/**
 * PQ and HLG to BT.709, by the recipe of ffmpeg's tonemap documentation. The input's primaries and
 * matrix are said outright, since files that name only their transfer are refused by zscale.
 */
const TONE_MAP = [
  'zscale=pin=bt2020:min=bt2020nc:t=linear:npl=100',
  'format=gbrpf32le',
  'zscale=p=bt709',
  'tonemap=hable:desat=0',
  'zscale=t=bt709:m=bt709:r=tv',
  'format=yuv420p',
]

function filters({ geometry, rendition, video }: Job): string[] {
  const { scaled, crop, pad } = geometry
  const resize = `scale=${scaled.width}:${scaled.height}:flags=bicubic`
  return [
    ...(video.interlaced ? ['yadif'] : []),
    ...(same(scaled, video.upright) ? [] : [resize]),
    ...(video.hdr ? TONE_MAP : []),
    // Cutting and padding subsampled pictures is rounded to even numbers; RGB is exact.
    ...(rendition.kind === 'image' && (crop ?? pad) !== null ? ['format=rgb24'] : []),
    ...(crop === null ? [] : [`crop=${crop.width}:${crop.height}:${crop.x}:${crop.y}`]),
    ...(pad === null
      ? []
      : [`pad=${pad.width}:${pad.height}:${pad.x}:${pad.y}:0x${rendition.background}`]),
    'setsar=1',
  ]
}

function videoFormat(rendition: Job['rendition']) {
  if (rendition.kind !== 'video') throw new TypeError('a picture has no container')
  return rendition.format
}

/** Milliseconds are as fine as the grammar goes; never in exponent notation. */
function seconds(value: number): string {
  return value.toFixed(3)
}
