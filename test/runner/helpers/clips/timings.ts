/**
 * Clips for tests of timing and seeking, some with wrong timestamps, and clips whose frame size or
 * number of channels changes.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { args } from '../../../fixtures/args.ts'
import { AAC, H264, plainColor, testVideo, tone, type Ffmpeg } from './inputs.ts'

export async function makeTimings(folder: string, ffmpeg: Ffmpeg): Promise<void> {
  await makeChanges(folder, ffmpeg)
  await makeNumbered(ffmpeg)
  await makeWrongTimes(ffmpeg)
  await makeAnimations(ffmpeg)
}

/**
 * Animations with 10 frames a second. `moving.gif` and `moving.png` have 501 by 375 pixels and last
 * 3 seconds; one frame lasts 0.9 seconds. `hold.gif` has 502 by 376 pixels and lasts 3.8 seconds;
 * its last two frames last 0.9 seconds each.
 */
async function makeAnimations(ffmpeg: Ffmpeg) {
  const frames = args`${testVideo('502x376', 10, 3)} -fps_mode vfr`
  const odd = "select='lte(n,10)+gte(n,19)',format=rgb24,crop=501:375:0:0"
  await ffmpeg(
    args`${frames} -vf ${`${odd},split[a][b];[a]palettegen[p];[b][p]paletteuse`} moving.gif`,
  )
  await ffmpeg(args`${frames} -vf ${"select='lte(n,20)+eq(n,29)'"} -final_delay 90 hold.gif`)
  await ffmpeg(args`${frames} -vf ${odd} -plays 0 -f apng moving.png`)
}

/** Clips with one packet three hours late, a burst of frames, a long gap, or without a duration. */
async function makeWrongTimes(ffmpeg: Ffmpeg) {
  await ffmpeg(args`${testVideo('320x180', 25, 8)} ${tone(8)} ${H264} -bf 0 ${AAC} flat.mp4`)
  const late = 'setts=pts=if(eq(N\\,100)\\,PTS+10800/TB\\,PTS)'
  for (const name of ['late-packet.mp4', 'late-packet.mov', 'late-packet.mkv']) {
    await ffmpeg(args`-i flat.mp4 -c copy -bsf:v ${late} ${name}`)
  }
  await ffmpeg(args`-i flat.mp4 -c copy -bsf:a ${late} late-audio-packet.mkv`)
  await ffmpeg(
    args`${testVideo('320x180', 300, 20)} ${tone(20)} -vf select='lt(n,30)+not(mod(n,300))'
    -fps_mode vfr ${H264} ${AAC} burst.mp4`,
  )
  for (const name of ['gap.mp4', 'gap.mkv']) {
    await ffmpeg(
      args`${plainColor('black', '64x64', 1, 2)} -vf setpts=PTS*80000 -fps_mode vfr ${H264} ${name}`,
    )
  }
  await ffmpeg(
    args`${testVideo('320x180', 15, 8)} ${tone(8)} -c:v libvpx -b:v 400k -deadline realtime
    -cpu-used 8 -c:a libopus -f webm -live 1 live.webm`,
  )
}

/** Grey clips of 4 seconds in which the luma of frame n is 16 + 2n, with a key frame a second. */
async function makeNumbered(ffmpeg: Ffmpeg) {
  await ffmpeg(
    args`${plainColor('black', '320x180', 25, 4)} ${tone(4)} -vf geq=lum='16+2*N':cb=128:cr=128
    -c:v libx264 -preset veryfast -pix_fmt yuv420p -qp 4 -g 25 -x264-params scenecut=0
    ${AAC} -color_range tv numbered.mp4`,
  )
  await ffmpeg(args`-i numbered.mp4 -c copy -f mpegts numbered.ts`)
  await ffmpeg(args`-i numbered.mp4 -c:v mpeg2video -q:v 2 -g 25 -bf 2 -c:a mp2 numbered.mpg`)
}

/** Joins files byte by byte, as a capture does. */
async function joinBytes(folder: string, names: string[], to: string) {
  const parts = await Promise.all(names.map((name) => readFile(join(folder, name))))
  await writeFile(join(folder, to), Buffer.concat(parts))
}

/** Clips of which the frame size or the number of channels changes after a few seconds. */
async function makeChanges(folder: string, ffmpeg: Ffmpeg) {
  await ffmpeg(
    args`${plainColor('red', '320x180', 25, 5)} ${tone(5)} ${H264} ${AAC} -ac 2
    -f mpegts change-1.ts`,
  )
  await ffmpeg(
    args`${plainColor('blue', '640x360', 25, 5)} ${tone(5, 880)} ${H264} ${AAC} -ac 1
    -output_ts_offset 5 -f mpegts change-2.ts`,
  )
  await joinBytes(folder, ['change-1.ts', 'change-2.ts'], 'change.ts')

  // A recording of a window that is resized: landscape becomes portrait.
  const vp8 = args`-c:v libvpx -b:v 300k -deadline realtime -cpu-used 8`
  await ffmpeg(args`${testVideo('320x180', 15, 2)} ${vp8} window-1.webm`)
  await ffmpeg(args`${plainColor('lime', '90x160', 15, 2)} ${vp8} window-2.webm`)
  await writeFile(join(folder, 'window.txt'), 'file window-1.webm\nfile window-2.webm\n')
  await ffmpeg(args`-f concat -i window.txt -c copy window.webm`)

  const mp3 = args`-c:a libmp3lame -write_xing 0 -id3v2_version 0`
  await ffmpeg(args`${tone(3)} -ac 2 -ar 44100 ${mp3} joined-1.mp3`)
  await ffmpeg(args`${tone(3, 880)} -ac 1 -ar 44100 ${mp3} joined-2.mp3`)
  await joinBytes(folder, ['joined-1.mp3', 'joined-2.mp3'], 'joined.mp3')
  // The bit rate of the first part is a quarter of that of the others.
  await ffmpeg(args`${tone(1)} -ac 1 -ar 22050 ${mp3} joined-3.mp3`)
  await ffmpeg(args`${tone(1, 880)} -ac 2 -ar 48000 ${mp3} joined-4.mp3`)
  await joinBytes(folder, ['joined-3.mp3', 'joined-1.mp3', 'joined-4.mp3'], 'joined-rates.mp3')
  // With a header that declares the duration of the first part.
  await ffmpeg(args`${tone(3)} -c:a libmp3lame declared.mp3`)
  await joinBytes(folder, ['declared.mp3', 'joined-2.mp3'], 'joined-declared.mp3')
  const aac = args`${AAC} -f adts`
  await ffmpeg(args`${tone(3)} -ac 2 ${aac} joined-1.aac`)
  await ffmpeg(args`${tone(3, 880)} -ac 1 ${aac} joined-2.aac`)
  await joinBytes(folder, ['joined-1.aac', 'joined-2.aac'], 'joined.aac')
  await ffmpeg(args`${tone(3, 880)} -ac 1 -ar 22050 ${aac} joined-3.aac`)
  await joinBytes(folder, ['joined-1.aac', 'joined-3.aac'], 'joined-rates.aac')
}
