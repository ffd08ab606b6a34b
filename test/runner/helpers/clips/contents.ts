/** Clips whose frames, tracks or metadata have known contents that tests can recognize. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { args } from '../../../fixtures/args.ts'
import { AAC, H264, lavfi, testVideo, tone, type Ffmpeg } from './inputs.ts'

function videoInput(rate: number | string, seconds: number) {
  return testVideo('320x180', rate, seconds)
}

export async function makeContents(folder: string, ffmpeg: Ffmpeg) {
  await Promise.all([
    makePhone(join(folder, 'phone.mov'), ffmpeg),
    // 60 frames a second for half a second, then 12.
    ffmpeg(
      args`${videoInput(60, 1)} ${tone(1)} ${H264} ${AAC}
      -vf select='lt(t,0.5)+not(mod(n,5))' -fps_mode vfr vfr.mp4`,
    ),
    // Audio tracks of 880, 440 and 220 Hz; the second is the default.
    ffmpeg(
      args`${videoInput(25, 1)} ${tone(1, 880)} ${tone(1, 440)} ${tone(1, 220)} -map 0
      -map 1 -map 2 -map 3 ${H264} -c:a:0 aac -c:a:1 libopus -c:a:2 ac3 -metadata:s:a:0 language=eng
      -metadata:s:a:1 language=ger -metadata:s:a:2 language=fre -disposition:a 0
      -disposition:a:1 default languages.mkv`,
    ),
    ffmpeg(args`${videoInput(25, 0.08)} ${tone(0.08)} ${H264} ${AAC} short.mp4`),
    // Black for 2 s, blurred for 2 s, sharp for 2 s, with a key frame every half second.
    ffmpeg(
      args`${videoInput(10, 6)} ${H264} -g 5
      -vf drawbox=t=fill:color=black:enable='lt(t,2)',gblur=sigma=9:enable='between(t,2,4)'
      unsteady.mp4`,
    ),
    // Grey whose luma rises by 20 each second, so that a frame identifies its second.
    ffmpeg(
      args`${lavfi('color=black:s=320x180:r=10:d=12')} ${H264} -g 10
      -vf geq=lum='20+20*floor(T)':cb=128:cr=128 clock.mp4`,
    ),
    ffmpeg(
      args`${lavfi('color=black:s=160x90:r=2:d=100')} ${H264} -x264-params keyint=1
      -vf geq=lum='20+2*floor(T)':cb=128:cr=128 long.mp4`,
    ),
    ffmpeg(
      args`${lavfi('color=gray:s=160x90:r=10:d=0.5')} ${H264}
      -vf drawbox=0:0:20:20:red:fill,drawbox=140:70:20:20:blue:fill corners.mp4`,
    ),
    ffmpeg(args`${lavfi('color=red:s=20x20')} -frames:v 1 red.png`),
    ffmpeg(args`${lavfi('color=black:s=320x180:r=10:d=1')} ${H264} black.mp4`),
    ffmpeg(
      args`${videoInput(25, 0.2)} ${H264} -metadata title=${'a'.repeat(10_000)}
      ${Array.from({ length: 60 }, (_, index) => ['-metadata', `note${index}=${index}`]).flat()}
      tagged.mkv`,
    ),
  ])
}

/**
 * Makes a video that is stored on its side and shown upright (180 by 320), with a phone's metadata.
 * The rotation is written into the file's bytes, because ffmpeg's option for it depends on its
 * version.
 */
async function makePhone(path: string, ffmpeg: Ffmpeg) {
  await ffmpeg(
    args`${videoInput('30000/1001', 1)} ${tone(1)} ${H264} ${AAC}
    -movflags use_metadata_tags -metadata com.apple.quicktime.location.ISO6709=+52.5200+013.4050+034.000/
    -metadata ${'com.apple.quicktime.model=Phone 12'} ${path}`,
  )
  await setQuarterTurn(path, { storedHeight: 180 })
}

/**
 * Sets a clockwise rotation of 90 degrees for the first track of an MP4 file.
 *
 * @param options.storedHeight height of the track as it is stored, in pixels
 */
export async function setQuarterTurn(path: string, { storedHeight }: { storedHeight: number }) {
  const bytes = await readFile(path)
  // The matrix of the track header (ISO/IEC 14496-12, 8.3.2).
  const matrix = bytes.indexOf('tkhd') + 44
  // Its numbers are 16.16 fixed point, and 2.30 in the third column.
  const one = 0x1_0000
  const quarterTurn = [0, one, 0, -one, 0, 0, storedHeight * one, 0, 0x4000_0000]
  for (const [index, value] of quarterTurn.entries()) {
    bytes.writeInt32BE(value, matrix + index * 4)
  }
  await writeFile(path, bytes)
}
