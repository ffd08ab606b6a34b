/** Reads a package with independent HLS and DASH parsers, and with ffprobe. */
import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Parser } from 'm3u8-parser'
import { parse } from 'mpd-parser'
import type { Assignment } from '../../../src/contract/runnerProtocol.ts'
import { harness, runJob } from './runnerHarness.ts'
import type { OfferedJob } from './offeredJob.ts'

const execute = promisify(execFile)

export function parsePlaylist(bytes: Buffer | undefined) {
  if (bytes === undefined) {
    throw new Error('the package lacks this playlist')
  }
  const parser = new Parser()
  parser.push(bytes.toString())
  parser.end()
  return parser.manifest
}

/**
 * Makes a stream of a clip, and saves its files in the scratch folder, where ffprobe can open them.
 */
export async function makeStream(
  name: string,
  rendition: Assignment['rendition'],
  references: Record<string, string> = {},
) {
  const { job, finish } = await runJob(name, rendition, {}, {}, references)
  if (finish.outcome !== 'packaged') {
    throw new Error(JSON.stringify(finish, null, 1))
  }
  return { job, finish, ...(await openPackage(job)) }
}

export async function openPackage({ id, files }: OfferedJob) {
  const folder = join(harness.scratch, `package-${id}`)
  await mkdir(folder)
  for (const [name, bytes] of files) {
    await writeFile(join(folder, name), bytes)
  }
  const master = parsePlaylist(files.get('master.m3u8'))
  const runFfprobe = async (file: string, ...entries: string[]) => {
    const list = ['-v', 'error', '-allowed_extensions', 'ALL', '-of', 'json', ...entries]
    return JSON.parse((await execute('ffprobe', [...list, join(folder, file)])).stdout)
  }
  return {
    folder,
    master,
    read: (file: string) => parsePlaylist(files.get(file)),
    mpd: () => parse(String(files.get('manifest.mpd')), { manifestUri: 'http://x/manifest.mpd' }),
    /** Playlists of the video tracks, from the smallest rung to the largest. */
    rungs: [...files.keys()].filter((file) => /^v\d+\.m3u8$/.test(file)).toSorted(byNumber),
    probe: (file: string) => runFfprobe(file, '-show_format', '-show_streams'),
    async packets(file: string): Promise<{ pts_time: string; flags: string }[]> {
      return (await runFfprobe(file, '-show_entries', 'packet=pts_time,flags')).packets
    },
    save: async (file: string, bytes: Buffer) => {
      await writeFile(join(folder, file), bytes)
      return runFfprobe(file, '-show_entries', 'packet=flags,pos:stream=codec_name')
    },
  }
}

function byNumber(one: string, other: string): number {
  return Number(/\d+/.exec(one)?.[0]) - Number(/\d+/.exec(other)?.[0])
}
