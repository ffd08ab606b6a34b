/**
 * Makes the clips that the tests read, once a run, with the ffmpeg on the PATH. Tests get their
 * folder with `inject('clips')` and their names from `clips.ts`.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'
import { makeShapes, turn } from './moreClips.ts'
import { shapes } from './clips.shapes.ts'

declare module 'vitest' {
  interface ProvidedContext {
    clips: string
  }
}

const execute = promisify(execFile)

export default async function setup(project: TestProject) {
  const folder = await mkdtemp(join(tmpdir(), 'runner-clips-'))
  const ffmpeg = (...list: string[]) =>
    execute('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...list], { cwd: folder })
  const picture = (size: string, seconds: number, rate = 25) => [
    '-f',
    'lavfi',
    '-i',
    `testsrc2=s=${size}:r=${rate}:d=${seconds}`,
  ]
  const tone = (seconds: number) => ['-f', 'lavfi', '-i', `sine=d=${seconds}`]
  const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p']

  await ffmpeg(...picture('640x360', 4), ...tone(4), ...h264, '-c:a', 'aac', 'clip.mp4')
  await Promise.all([
    ffmpeg('-i', 'clip.mp4', '-c', 'copy', '-movflags', '+faststart', 'faststart.mp4'),
    ffmpeg('-i', 'clip.mp4', '-c', 'copy', '-f', 'mpegts', 'clip.ts'),
    ffmpeg('-i', 'clip.mp4', '-c', 'copy', 'rotated.mp4').then(() =>
      turn(join(folder, 'rotated.mp4'), 360),
    ),
    ffmpeg(
      ...picture('320x180', 1),
      '-i',
      'clip.mp4',
      '-map',
      '0:v',
      '-map',
      '1:a',
      ...h264,
      '-c:a',
      'copy',
      'short-picture.flv',
    ),
    ffmpeg(
      ...picture('640x360', 7, 30_000 / 1001),
      ...tone(7),
      ...h264,
      '-c:a',
      'aac',
      'stream.mp4',
    ),
    ffmpeg(...picture('320x180', 6.08), ...tone(6.08), ...h264, '-c:a', 'aac', 'tail.mp4'),
    ffmpeg(...picture('360x640', 1), ...h264, 'portrait.mp4'),
    ffmpeg('-i', 'clip.mp4', '-vn', '-c', 'copy', 'sound.m4a'),
    ffmpeg('-i', 'clip.mp4', '-frames:v', '1', 'picture.png'),
    ffmpeg(...picture('1920x1080', 1), ...h264, 'fullhd.mp4'),
    // testsrc2 itself rounds odd sides down.
    ffmpeg(
      ...picture('642x362', 1),
      '-vf',
      'format=yuv444p,crop=641:361:0:0',
      '-c:v',
      'ffv1',
      'odd.mkv',
    ),
    ffmpeg(...picture('720x576', 1), '-vf', 'setsar=64/45', ...h264, 'anamorphic.mp4'),
    ffmpeg(
      '-f',
      'lavfi',
      '-i',
      'color=gray:s=640x360:d=4',
      ...tone(4),
      ...h264,
      '-c:a',
      'aac',
      'frugal.mp4',
    ),
    ffmpeg(
      ...picture('320x180', 2),
      '-f',
      'lavfi',
      '-i',
      'anoisesrc=d=2:a=0.1,aformat=channel_layouts=5.1',
      ...h264,
      '-c:a',
      'ac3',
      'surround.mkv',
    ),
    ffmpeg(
      ...picture('320x180', 1),
      '-c:v',
      'libx265',
      '-pix_fmt',
      'yuv420p10le',

      '-x265-params',
      'log-level=none:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc',
      '-color_primaries',
      'bt2020',
      '-color_trc',
      'arib-std-b67',
      '-colorspace',
      'bt2020nc',
      'hlg.mp4',
    ),
    // 460,800 bytes a frame: 138 MB, with the index at the end as MOV has it.
    ffmpeg(...picture('640x360', 12), '-c:v', 'rawvideo', '-pix_fmt', 'uyvy422', 'big.mov'),
  ])
  await makeShapes(folder, ffmpeg)
  await shapes(folder, ffmpeg)
  await ffmpeg('-i', 'big.mov', '-c', 'copy', 'big.mkv')

  const whole = await readFile(join(folder, 'faststart.mp4'))
  await writeFile(join(folder, 'half.mp4'), whole.subarray(0, whole.length / 2))
  const tail = await readFile(join(folder, 'clip.mp4'))
  await writeFile(join(folder, 'no-moov.mp4'), tail.subarray(0, tail.length / 2))
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
