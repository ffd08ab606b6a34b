/** What ffprobe says of some bytes, asked so that several can be looked at side by side. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

interface Probe {
  format: { duration?: string }
  streams: { width?: number; height?: number }[]
}

export async function probe(bytes: Uint8Array): Promise<Probe> {
  const folder = await mkdtemp(join(tmpdir(), 'reelqueue-media-'))
  try {
    const path = join(folder, 'result')
    await writeFile(path, bytes)
    const args = ['-v', 'error', '-of', 'json', '-show_format', '-show_streams', path]
    const { stdout } = await promisify(execFile)('ffprobe', args)
    return JSON.parse(stdout) as Probe
  } finally {
    await rm(folder, { recursive: true })
  }
}
