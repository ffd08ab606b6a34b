/** One file with picture and sound: copied where it fits as it is, else encoded. */
import { join } from 'node:path'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { audioEncoder } from '../audioEncoders.ts'
import { container, STRIPPED } from '../containers.ts'
import { cutOf } from '../cut.ts'
import { FRAMES_AS_THEY_COME, videoEncoder } from '../encoders.ts'
import { same, type Geometry } from '../geometry.ts'
import { editGraph } from '../graph.ts'
import { INPUT_LIMITS, QUIETLY } from '../limits.ts'
import { pictureOf, shapeOf } from '../picture.ts'
import type { AudioStream, VideoStream } from '../probe.ts'
import { frugalBitsPerPixel, resolveQuality } from '../quality.ts'
import type { Context, RenderPlan } from '../steps.ts'

/** "A video above 720p comes out at 720p": the short side, so that portrait is treated alike. */
const DEFAULT_SHORT_SIDE = 720

/** Codecs that a container takes as they are, and that its players can be expected to know. */
const COPIED = {
  h264: { video: ['h264'], audio: ['aac'] },
  webm: { video: ['vp8', 'vp9'], audio: ['opus', 'vorbis'] },
}

type Video = RenditionOf<'video'>
type Job = {
  video: VideoStream
  audio: AudioStream | null
  geometry: Geometry
  quality: number
  partial: boolean
}

export function planVideo(rendition: Video, context: Context): RenderPlan {
  const { source, folder } = context
  const { probe } = source
  const video = pictureOf('video', probe)
  const shape = shapeOf(video, { ...rendition, unit: 2, shortSide: DEFAULT_SHORT_SIDE })
  const { width, height } = shape.output
  const cut = cutOf(rendition, probe)
  const output = join(folder, `output.${rendition.format}`)
  const quality = resolveQuality(rendition.quality, 'video', Math.min(width, height))
  const partial = cut.startSeconds > 0 || cut.lengthSeconds !== null
  const job = { geometry: shape, video, audio: probe.audio, quality, partial }
  const obstacle = obstacleToRemux(rendition, job)
  const graph = editGraph(rendition, context, {
    picture: { unit: 2, shortSide: DEFAULT_SHORT_SIDE, pixels: 'yuv420p' },
    sound: true,
  })
  const encode = [
    ...[...QUIETLY, ...graph.inputs, '-filter_complex', graph.filters],
    ...['-map', String(graph.video), ...(graph.audio === null ? [] : ['-map', graph.audio])],
    ...STRIPPED,
    ...[
      ...FRAMES_AS_THEY_COME,
      ...videoEncoder({ codec: rendition.videoCodec, preset: rendition.preset, quality }),
    ],
    ...(graph.audio === null || rendition.audioCodec === 'copy' || rendition.audioCodec === 'none'
      ? []
      : audioEncoder(rendition.audioCodec, rendition.audioKbps, probe.audio)),
    ...container(rendition.format, output),
  ]
  const copy = [
    ...[...QUIETLY, ...INPUT_LIMITS, '-i', source.url],
    ...['-map', '0:V:0', '-map', '0:a:0?', '-sn', ...STRIPPED, '-c', 'copy'],
    ...container(rendition.format, output),
  ]
  const list = obstacle === null ? copy : encode
  const { seconds } = graph
  const action = obstacle === null ? 'copy' : 'encode'
  const reason = obstacle ?? 'codecs, size and bit rate are as asked already'
  return {
    mode: obstacle === null ? 'remux' : 'encode',
    reason,
    video: { action, reason },
    audio: probe.audio && { action, reason },
    notes: [],
    steps: [...graph.before, { stage: 'encode', cost: 1, seconds, ffmpeg: () => list }],
    fallback: null,
    output,
    package: false,
    expect: {
      size: shape.output,
      sound: probe.audio !== null,
      seconds: probe.durationIsDeclared ? seconds : null,
      cut: rendition.endSeconds !== null,
      still: false,
    },
  }
}

/** Why the streams cannot be copied as they are, in words; null when they can. */
function obstacleToRemux(rendition: Video, job: Job): string | null {
  const { video, audio } = job
  const codecs = rendition.format === 'webm' ? COPIED.webm : COPIED.h264
  if (job.partial) return 'a part of the video is asked for'
  if (!codecs.video.includes(video.codec)) {
    return `${rendition.format} does not take ${video.codec} video as it is`
  }
  if (video.pixelFormat !== 'yuv420p') return `the pixels are ${video.pixelFormat}, not yuv420p`
  if (video.hdr) return 'the colours are HDR'
  if (video.interlaced) return 'the video is interlaced'
  if (video.rotated) return 'the video is stored rotated'
  if (audio !== null && !codecs.audio.includes(audio.codec)) {
    return `${rendition.format} does not take ${audio.codec} audio as it is`
  }
  if (audio !== null && audio.channels > 2) return `the audio has ${audio.channels} channels`
  const { output } = job.geometry
  if (!same(output, video.upright)) return `the size becomes ${output.width} by ${output.height}`
  // Without a frame rate the bit rate says nothing; 25 is the least that a video is likely to have.
  const pixelsASecond = output.width * output.height * (video.frameRate ?? 25)
  const bitsPerPixel = video.bitRate === null ? Infinity : video.bitRate / pixelsASecond
  const frugal = frugalBitsPerPixel(job.quality)
  if (bitsPerPixel > frugal) {
    return `${bitsPerPixel.toFixed(3)} bits a pixel are more than quality ${job.quality} needs (${frugal.toFixed(3)})`
  }
  return null
}
