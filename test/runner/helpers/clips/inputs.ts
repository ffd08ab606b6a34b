/** ffmpeg options for the clips: encoders, and inputs that ffmpeg itself generates. */
import { args } from '../../../fixtures/args.ts'

/** Runs ffmpeg in the folder of the clips. */
export type Ffmpeg = (list: string[]) => Promise<unknown>

export const H264 = args`-c:v libx264 -preset ultrafast -pix_fmt yuv420p`
export const AAC = args`-c:a aac`

export function lavfi(source: string) {
  return args`-f lavfi -i ${source}`
}

/** Returns the input of a moving test pattern. */
export function testVideo(size: string, rate: number | string, seconds: number) {
  return lavfi(`testsrc2=s=${size}:r=${rate}:d=${seconds}`)
}

export function plainColor(colour: string, size: string, rate: number, seconds: number) {
  return lavfi(`color=${colour}:s=${size}:r=${rate}:d=${seconds}`)
}

export function tone(seconds: number, hertz = 440) {
  return lavfi(`sine=f=${hertz}:d=${seconds}`)
}
