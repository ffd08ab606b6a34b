/**
 * Makes the clips of the runner tests once per run. `clip` in runnerHarness.ts returns their paths.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'
import { makeContents, setQuarterTurn } from './contents.ts'
import { AAC, H264, lavfi, testVideo, tone, type Ffmpeg } from './inputs.ts'
import { makeShapes } from './shapes.ts'
import { makeTimings } from './timings.ts'
import { args } from '../../../fixtures/args.ts'

declare module 'vitest' {
  interface ProvidedContext {
    clips: string
  }
}

const execute = promisify(execFile)

export default async function setup(project: TestProject) {
  const folder = await mkdtemp(join(tmpdir(), 'runner-clips-'))
  const ffmpeg: Ffmpeg = (list) =>
    execute('ffmpeg', args`-v error -nostdin -y ${list}`, { cwd: folder })
  const videoInput = (size: string, seconds: number, rate = 25) => testVideo(size, rate, seconds)

  await ffmpeg(args`${videoInput('640x360', 4)} ${tone(4)} ${H264} ${AAC} clip.mp4`)
  await Promise.all([
    ffmpeg(args`-i clip.mp4 -c copy -movflags +faststart faststart.mp4`),
    ffmpeg(args`-i clip.mp4 -c copy -f mpegts clip.ts`),
    ffmpeg(args`-i clip.mp4 -c copy rotated.mp4`).then(() =>
      setQuarterTurn(join(folder, 'rotated.mp4'), { storedHeight: 360 }),
    ),
    ffmpeg(
      args`${videoInput('320x180', 1)} -i clip.mp4 -map 0:v -map 1:a ${H264} -c:a copy
      short-video.flv`,
    ),
    ffmpeg(args`${videoInput('640x360', 7, 30_000 / 1001)} ${tone(7)} ${H264} ${AAC} stream.mp4`),
    ffmpeg(args`${videoInput('320x180', 6.08)} ${tone(6.08)} ${H264} ${AAC} tail.mp4`),
    ffmpeg(args`${videoInput('360x640', 1)} ${H264} portrait.mp4`),
    ffmpeg(args`-i clip.mp4 -vn -c copy audio-only.m4a`),
    ffmpeg(args`-i clip.mp4 -frames:v 1 image.png`),
    ffmpeg(args`${videoInput('1920x1080', 1)} ${H264} fullhd.mp4`),
    // Cropped to an odd size, because testsrc2 rounds odd sides down.
    ffmpeg(args`${videoInput('642x362', 1)} -vf format=yuv444p,crop=641:361:0:0 -c:v ffv1 odd.mkv`),
    ffmpeg(args`${videoInput('720x576', 1)} -vf setsar=64/45 ${H264} anamorphic.mp4`),
    ffmpeg(args`${lavfi('color=gray:s=640x360:d=4')} ${tone(4)} ${H264} ${AAC} low-bit-rate.mp4`),
    ffmpeg(
      args`${videoInput('320x180', 2)} -f lavfi
      -i anoisesrc=d=2:a=0.1,aformat=channel_layouts=5.1 ${H264} -c:a ac3 surround.mkv`,
    ),
    ffmpeg(
      args`${videoInput('320x180', 1)} -c:v libx265 -pix_fmt yuv420p10le -x265-params
      log-level=none:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc
      -color_primaries bt2020 -color_trc arib-std-b67 -colorspace bt2020nc hlg.mp4`,
    ),
    // 460,800 bytes a frame, 138 MB in total. The index is at the end of the file.
    ffmpeg(args`${videoInput('640x360', 12)} -c:v rawvideo -pix_fmt uyvy422 big.mov`),
  ])
  await makeContents(folder, ffmpeg)
  await makeShapes(folder, ffmpeg)
  await makeTimings(folder, ffmpeg)
  await ffmpeg(args`-i big.mov -c copy big.mkv`)

  const faststart = await readFile(join(folder, 'faststart.mp4'))
  await writeFile(join(folder, 'half.mp4'), faststart.subarray(0, faststart.length / 2))
  const indexAtEnd = await readFile(join(folder, 'clip.mp4'))
  await writeFile(join(folder, 'no-moov.mp4'), indexAtEnd.subarray(0, indexAtEnd.length / 2))
  await (await open(join(folder, 'empty.mp4'), 'w')).close()
  await writeFile(join(folder, 'text.mp4'), 'This is not a video.\n'.repeat(100))
  await writeFile(
    join(folder, 'playlist.mp4'),
    '#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n',
  )
  await writeFile(join(folder, 'concat.mp4'), 'ffconcat version 1.0\nfile /etc/passwd\n')

  project.provide('clips', folder)
  return () => rm(folder, { recursive: true })
}
