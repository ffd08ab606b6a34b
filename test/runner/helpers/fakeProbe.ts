/** What a probe would have found, and the plan that is made of it: for tests without ffmpeg. */
import { planRendition } from '../../../container/ffmpeg/plan/planRendition.ts'
import type { AudioStream, Probe, VideoStream } from '../../../container/ffmpeg/probe/probe.ts'
import type { Input } from '../../../container/ffmpeg/renderPlan.ts'
import type { Rendition } from '../../../src/contract/rendition.ts'

const BT709 = { matrix: 'bt709', primaries: 'bt709', transfer: 'bt709', range: 'tv' }
const HD = { width: 1280, height: 720 }

export const stream: VideoStream = {
  codec: 'h264',
  pixelFormat: 'yuv420p',
  display: HD,
  upright: HD,
  colour: BT709,
  rotated: false,
  interlaced: false,
  hdr: false,
  frameRate: 30,
  bitRate: 1_000_000,
  frames: 300,
  endSeconds: 10,
}

/** Ten seconds of 720p at 30 frames a second, with stereo AAC, but for what a test says. */
export function probed(
  more: Partial<VideoStream> = {},
  audio: Partial<AudioStream> | null = {},
): Probe {
  const sound = { codec: 'aac', channels: 2, sampleRate: 48_000, bitRate: 128_000, ...audio }
  return {
    facts: {
      format: 'mov,mp4,m4a,3gp,3g2,mj2',
      durationSeconds: 10,
      sizeBytes: 1,
      frameRate: 30,
      videoCodec: 'h264',
      audioCodec: 'aac',
      width: 1280,
      height: 720,
    },
    video: { ...stream, ...more },
    audio: audio === null ? null : sound,
    audios: audio === null ? [] : [sound],
    contentSeconds: 10,
    durationIsDeclared: true,
  }
}

/** The plan, with the arguments of its last step. */
export function planOf(
  rendition: Rendition,
  probe: Probe,
  others: Record<string, Probe | null> = {},
) {
  const source = { url: 'IN', path: 'videos/clip.mp4', probe }
  const references = new Map(
    Object.entries(others).map(([path, found]): [string, Input] => [
      path,
      { path, url: `URL:${path}`, probe: found },
    ]),
  )
  const plan = planRendition(rendition, { source, references, folder: '/scratch' })
  const step = plan.steps.at(-1)
  const list = step !== undefined && 'ffmpeg' in step ? (step.ffmpeg([]) as string[]) : []
  return {
    ...plan,
    arguments: list,
    size: plan.expect?.size,
    durationSeconds: plan.expect?.seconds,
  }
}

export function after(list: string[], option: string) {
  return list[list.indexOf(option) + 1]
}
