/** Split jobs of the chaos tests: their chunks, and the frames of their variants. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Chunk } from '../../../src/contract/job.ts'
import type { Client } from '../../../scripts/client.ts'
import { args } from '../../fixtures/args.ts'

export async function listChunks(client: Client, jobId: string): Promise<Chunk[]> {
  const response = await client.request(`/queue/jobs/${jobId}/chunks`)
  return ((await response.json()) as { chunks: Chunk[] }).chunks
}

interface Frames {
  video: number
  /** SHA-256 of the times and hashes of all frames of video and audio. */
  hash: string
}

/** Decodes the variant of a job. */
export async function hashFrames(client: Client, jobId: string): Promise<Frames> {
  const { outputPath } = await client.job(jobId)
  const bytes = await (await client.request(outputPath!)).bytes()
  const folder = await mkdtemp(join(tmpdir(), 'reelqueue-frames-'))
  try {
    const path = join(folder, 'variant')
    await writeFile(path, bytes)
    const command = args`-v error -i ${path} -map 0 -f framemd5 -`
    const { stdout } = await promisify(execFile)('ffmpeg', command, { maxBuffer: 2 ** 26 })
    const frames = stdout.split('\n').filter((line) => /^\d/.test(line))
    return {
      video: frames.filter((line) => line.startsWith('0,')).length,
      hash: createHash('sha256').update(frames.join('\n')).digest('hex'),
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}
