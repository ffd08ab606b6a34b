/** The film of a suite: the one that the user gives, or a generated one. */
import { extname, join } from 'node:path'
import type { BenchContext } from './context.ts'
import { execute } from './execute.ts'
import { makeClip } from './runner.ts'

export interface Film {
  path: string
  seconds: number
  /** For example "5 minutes of 720p". */
  name: string
}

/** Returns a film of at most this length. Of a longer one of the user, it is the start, and its packets are copied. */
export async function prepareFilm(
  { folder, film }: BenchContext,
  maxSeconds: number,
): Promise<Film> {
  const path = film
    ? await copyStart(film, join(folder, `start-${maxSeconds}${extname(film)}`), maxSeconds)
    : await makeClip(folder, { name: `${maxSeconds}.mp4`, size: '1280x720', seconds: maxSeconds })
  const { seconds, height } = await probeFilm(path)
  return { path, seconds, name: `${+(seconds / 60).toFixed(1)} minutes of ${height}p` }
}

async function copyStart(film: string, path: string, seconds: number): Promise<string> {
  const tracks = ['-map', '0:v:0', '-map', '0:a:0?', '-c', 'copy']
  await execute('ffmpeg', ['-v', 'error', '-y', '-i', film, '-t', String(seconds), ...tracks, path])
  return path
}

async function probeFilm(path: string): Promise<{ seconds: number; height: number }> {
  const entries = ['-select_streams', 'v:0', '-show_entries', 'stream=height:format=duration']
  const list = ['-v', 'error', ...entries, '-of', 'json', path]
  const { streams, format } = JSON.parse((await execute('ffprobe', list)).stdout)
  return { seconds: Number(format.duration), height: streams[0].height }
}
