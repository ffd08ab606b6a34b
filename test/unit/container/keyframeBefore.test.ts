import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findKeyframeBefore } from '../../../container/ffmpeg/probe/keyframeBefore.ts'
import { probed } from '../../fixtures/probes.ts'

const GIB = 1024 ** 3
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyframe-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Searches with an ffprobe that prints these packets, and then reads without end. */
async function search(packets: string): Promise<number | null> {
  const ffprobe = join(folder, 'ffprobe')
  await writeFile(ffprobe, `#!/bin/sh\nprintf '${packets}'\nexec tail -f /dev/null\n`)
  await chmod(ffprobe, 0o700)
  let bytes = 0
  const file = { url: 'http://localhost/file.ts', stream: 0, probe: probed() }
  return findKeyframeBefore(file, 100, {
    ffprobe,
    limits: { memoryBytes: GIB, fileBytes: GIB, cpuSeconds: null },
    bytesRead: () => (bytes += 100 * 1024 ** 2),
    cwd: folder,
    signal: new AbortController().signal,
  })
}

describe('a file of which a few seconds exceed the bytes that a probe may read', () => {
  it('has a key frame in the part that was read', async () => {
    await expect(search('98.5,98.4,K__\\n99.5,99.4,___\\n')).resolves.toBe(98.4)
  })

  it('has one by its decoding time if the file has no other times', async () => {
    await expect(search('N/A,98.4,K__\\nN/A,99.4,___\\n')).resolves.toBe(98.4)
  })

  it('has no known key frame if the part that was read has none', async () => {
    await expect(search('98.5,98.4,___\\n')).resolves.toBeNull()
  })
})
