/**
 * Clips with the colours, frame rates, tracks and sizes that occur in real files. They are small,
 * and most of those whose pixels are tested have one plain colour.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { args } from '../../../fixtures/args.ts'
import { AAC, H264, lavfi, plainColor, testVideo, tone, type Ffmpeg } from './inputs.ts'

function testClip(seconds: number, rate = 10, size = '160x90') {
  return testVideo(size, rate, seconds)
}
function plainClip(colour: string, seconds: number, rate = 10, size = '160x90') {
  return plainColor(colour, size, rate, seconds)
}
function colourTags(primaries: string, transfer: string, matrix: string, range = 'tv') {
  return args`-color_primaries ${primaries} -color_trc ${transfer} -colorspace ${matrix}
    -color_range ${range}`
}
/** Returns filters that convert frames to this matrix, range and pixel format. */
function convertColours(matrix: string, range: string, format: string) {
  return `scale=out_color_matrix=${matrix}:out_range=${range},format=${format}`
}
function hdrEncoder(transfer: string) {
  return args`-c:v libx265 -preset ultrafast -pix_fmt yuv420p10le -x265-params
    log-level=none:colorprim=bt2020:transfer=${transfer}:colormatrix=bt2020nc
    ${colourTags('bt2020', transfer, 'bt2020nc')}`
}

const SRT = `1
00:00:00,500 --> 00:00:01,000
first

2
00:00:01,200 --> 00:00:01,800
<i>second</i>

3
00:00:05,000 --> 00:00:06,000
too late
`

const CHAPTERS = `;FFMETADATA1
title=A holiday
[CHAPTER]
TIMEBASE=1/1000
START=0
END=500
title=Arrival
[CHAPTER]
TIMEBASE=1/1000
START=500
END=1000
title=Beach
`

export async function makeShapes(folder: string, ffmpeg: Ffmpeg): Promise<void> {
  await Promise.all([
    writeFile(join(folder, 'lines.srt'), SRT),
    writeFile(join(folder, 'lines.vtt'), `WEBVTT\n\n${SRT.replaceAll(/(\d),(\d{3})/g, '$1.$2')}`),
    writeFile(join(folder, 'chapters.txt'), CHAPTERS),
  ])
  const clips: string[][] = [
    args`${testClip(1)} ${tone(1)} ${H264} ${AAC} small.mp4`,
    args`${testClip(1)} ${H264} silent.mp4`,
    args`${testClip(0.1)} ${H264} one-frame.mp4`,
    args`${testClip(3, 1)} ${tone(3)} ${H264} ${AAC} one-fps.mp4`,
    args`${testClip(1, 10, '160x90')} -an -vf setsar=4/3 ${H264} oblong.mp4`,
    args`${testClip(1)} -vf ${convertColours('bt601', 'limited', 'yuv420p')} -c:v libx264
      -preset ultrafast ${colourTags('smpte170m', 'smpte170m', 'smpte170m')} bt601.mp4`,
    args`${plainClip('red', 0.5)} -vf ${convertColours('bt601', 'limited', 'yuv420p')} ${H264}
      ${colourTags('smpte170m', 'smpte170m', 'smpte170m')} red-601.mp4`,
    args`${plainClip('red', 0.5)} -vf ${convertColours('bt709', 'full', 'yuvj420p')} -c:v libx264
      -preset ultrafast ${colourTags('bt709', 'bt709', 'bt709', 'pc')} red-full.mp4`,
    args`${plainClip('red', 0.5)} -vf ${convertColours('bt709', 'limited', 'yuv420p')} -c:v libx264
      -preset ultrafast ${colourTags('bt709', 'bt709', 'bt709')} red-709.mp4`,
    args`${plainClip('red', 0.5)} -c:v png -pix_fmt rgb24 red-rgb.mov`,
    args`${plainClip('gray', 0.5)} -vf scale=out_color_matrix=bt2020:out_range=limited
      ${H264} ${colourTags('bt2020', 'bt709', 'bt2020nc')} gray-2020.mp4`,
    args`${plainClip('gray', 0.5)} ${hdrEncoder('smpte2084')} pq.mp4`,
    args`${plainClip('gray', 0.5)} ${hdrEncoder('arib-std-b67')} small-hlg.mp4`,
    args`${testClip(0.5)} -c:v libx264 -preset ultrafast -pix_fmt yuv420p10le ten-bits.mp4`,
    // Ten frames per second until 0.5 s, then none until 1.5 s: phones record such gaps in the
    // dark.
    args`${testClip(2)} ${tone(2)} -vf select='lt(t,0.55)+gte(t,1.45)' -fps_mode vfr
      ${H264} ${AAC} vfr.mkv`,
    args`${testClip(1, 20, '160x96')} -vf tinterlace=interleave_top,fieldorder=tff
      -c:v libx264 -preset ultrafast -flags +ildct+ilme -x264-params tff=1 -pix_fmt yuv420p
      interlaced.mp4`,
    args`${testClip(1)} ${tone(1, 440)} ${tone(1, 880)} -map 0 -map 1 -map 2 ${H264}
      ${AAC} -metadata:s:a:0 language=eng -metadata:s:a:1 language=deu
      -metadata:s:a:1 title=Kommentar tracks.mkv`,
    args`${plainClip('gray', 1)} ${tone(1)} -i chapters.txt -map_metadata 2 -map_chapters 2
      -metadata creation_time=2020-01-02T03:04:05Z -metadata:s:a:0 language=deu -metadata:s:v:0
      ${'handler_name=My camera'} ${H264} ${AAC} tagged.mp4`,
    // A low bit rate and a key frame every second, so that a part can be stream-copied.
    args`${plainClip('gray', 3)} ${tone(3)} ${H264} -g 10 ${AAC}
      ${colourTags('bt709', 'bt709', 'bt709')} keyframes.mp4`,
    args`${plainClip('gray', 3)} -c:v libx265 -preset ultrafast -pix_fmt yuv420p
      -x265-params log-level=none hevc.mkv`,
    args`${plainClip('red', 1)} ${tone(1)} ${H264} ${AAC} red.mp4`,
    args`${plainClip('lime', 1, 15, '80x90')} ${H264} lime-silent.mp4`,
    args`${plainClip('blue', 1, 25, '320x180')} ${tone(1)} ${H264} -c:a mp3 blue.mkv`,
    args`${lavfi('aevalsrc=0.02*sin(880*t):d=3:s=48000')} ${plainClip('gray', 3)} ${H264} quiet.mkv`,
    args`${lavfi('anullsrc=r=48000:cl=stereo:d=1')} ${plainClip('gray', 1)} ${H264} silence.mkv`,
    args`${tone(1)} -c:a pcm_s16le tone.wav`,
    args`${plainClip('white', 0.1, 10, '40x20')} -frames:v 1 logo.png`,
    args`${plainClip('white', 0.1, 10, '40x20')} -frames:v 1 logo.jpg`,
    args`${plainClip('white', 0.1, 10, '40x20')} -frames:v 1 logo.webp`,
    // Left half red, right half blue, top left corner white, so that a rotation can be checked.
    args`${plainClip('blue', 0.5, 10, '80x60')}
      -vf drawbox=0:0:40:60:red:fill,drawbox=0:0:20:20:white:fill ${H264} sides.mp4`,
    // Enough detail for a bit rate limit to have an effect.
    args`${lavfi('mandelbrot=s=320x180:r=25:start_scale=0.02:end_scale=0.005:end_pts=100')}
      -t 2 -vf noise=alls=4:allf=t,format=yuv420p -c:v libx264 -qp 10 -preset ultrafast rich.mkv`,
  ]
  // At most three at a time, because one ffmpeg process can use all cores.
  const queue = [...clips]
  const makeQueuedClips = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      await ffmpeg(next)
    }
  }
  await Promise.all([makeQueuedClips(), makeQueuedClips(), makeQueuedClips()])
}
