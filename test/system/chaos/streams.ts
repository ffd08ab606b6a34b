/** Streams of the chaos tests: their tracks, and the frames of each. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Job } from '../../../src/contract/job.ts'
import type { Client } from '../../../scripts/client.ts'
import { args } from '../../fixtures/args.ts'

/** Downloads all segments that the playlists name. Returns the bytes of each track, by its playlist. */
export async function readTracks(
  client: Client,
  { outputPath }: Pick<Job, 'outputPath'>,
): Promise<Map<string, Uint8Array>> {
  const read = (name: string) => client.request(`${outputPath}/${name}`)
  const readText = async (name: string) => (await read(name)).text()
  const master = await readText('master.m3u8')
  const playlists = new Set([...master.matchAll(/\b[av]\d*\.m3u8/g)].map(([name]) => name))
  const tracks = new Map<string, Uint8Array>()
  for (const name of playlists) {
    const files = [...(await readText(name)).matchAll(/\b\w+\.(m4s|mp4)\b/g)].map(([file]) => file)
    const parts = await Promise.all(files.map(async (file) => (await read(file)).bytes()))
    tracks.set(name, Buffer.concat(parts))
  }
  return tracks
}

/** Decodes each track of a stream. Returns the number of its frames and a hash of them, by its playlist. */
export async function hashTracks(client: Client, jobId: string) {
  const tracks = await readTracks(client, await client.job(jobId))
  const folder = await mkdtemp(join(tmpdir(), 'reelqueue-tracks-'))
  try {
    const hashes: Record<string, { frames: number; hash: string }> = {}
    for (const [name, bytes] of tracks) {
      const path = join(folder, `${name}.mp4`)
      await writeFile(path, bytes)
      const command = args`-v error -xerror -i ${path} -f framemd5 -`
      const { stdout } = await promisify(execFile)('ffmpeg', command, { maxBuffer: 2 ** 26 })
      const frames = stdout.split('\n').filter((line) => line.startsWith('0,'))
      const hash = createHash('sha256').update(frames.join('\n')).digest('hex')
      hashes[name] = { frames: frames.length, hash }
    }
    return hashes
  } finally {
    await rm(folder, { recursive: true })
  }
}
