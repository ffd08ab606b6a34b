/** The runner reads few more bytes of a source than ffmpeg needs. */
import { execFile } from 'node:child_process'
import { appendFile, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { INPUT_LIMITS } from '../../container/ffmpeg/process/limits.ts'
import { startSourceServer } from '../../container/source/loopbackServer.ts'
import { args } from '../fixtures/args.ts'
import {
  harness,
  clip,
  probeOutput,
  runJob,
  runUntilIdle,
  useRunnerHarness,
} from './helpers/runnerHarness.ts'
import { image } from '../fixtures/renditions.ts'

useRunnerHarness()

it.each([
  ['big.mov', 5],
  ['big.mkv', 10],
])('a frame of %s at second %i reads a small part of the file', async (name, atSeconds) => {
  const { size } = await stat(clip(name))
  const { job } = await runJob(name, image({ atSeconds }))
  expect((await probeOutput(job)).video.codec_name).toBe('mjpeg')
  expect(size).toBeGreaterThan(100e6)
  // 12 frames at the start are decoded to choose the streams, and 18 at the second to find fields.
  // That is a tenth of the file, of which twelve seconds have 300 frames.
  expect(harness.gateway.sourceBytes).toBeLessThan(size / 5)
  expect(harness.gateway.sourceCalls.length).toBeLessThan(50)
})

it('a frame at second 5 of a film of 4 GB reads at most 8 MB', async () => {
  const [part, film] = ['part.mp4', 'film.mp4'].map((name) => join(harness.scratch, name))
  const ffmpeg = (command: string[]) =>
    promisify(execFile)('ffmpeg', [...args`-v error -y`, ...command])
  await ffmpeg([...args`-f lavfi -i testsrc2=s=320x240:r=25:d=10 -pix_fmt yuv420p`, part!])
  // Two hours, so that the index has the size of that of a film.
  await ffmpeg([...args`-stream_loop 719 -i ${part!} -c copy -movflags +faststart`, film!])
  await appendFreeSpace(film!, 4e9)
  const job = await harness.gateway.offer(film!, image({ atSeconds: 5 }))
  await runUntilIdle()
  expect((await probeOutput(job)).video.codec_name).toBe('mjpeg')
  expect(harness.gateway.sourceBytes).toBeLessThan(8e6)
})

/** Makes an MP4 file as large as requested with a box that has no content, which takes no disk space. */
async function appendFreeSpace(file: string, sizeBytes: number): Promise<void> {
  const { size } = await stat(file)
  const header = Buffer.alloc(16)
  header.writeUInt32BE(1, 0)
  header.write('free', 4)
  header.writeBigUInt64BE(BigInt(sizeBytes - size), 8)
  await appendFile(file, header)
  await truncate(file, sizeBytes)
}

it('the server fetches at most 3 MB more than a slow ffmpeg reads', async () => {
  let fetched = 0
  // A WAV file of silence. Its 44 bytes of header are replaced in the first block.
  const sizeBytes = 200e6
  const source = await startSourceServer({
    sizeBytes,
    fetchRange: async (start, end) => {
      fetched += end - start
      const bytes = Buffer.alloc(end - start)
      if (start === 0) {
        writeWavHeader(bytes, sizeBytes)
      }
      return [bytes]
    },
    onFatal: (error) => expect.fail(String(error)),
  })
  // `-readrate` makes ffmpeg wait, so that all buffers are filled.
  await promisify(execFile)('ffmpeg', [
    ...args`-v error -readrate 1 -probesize 32768`,
    ...INPUT_LIMITS,
    ...args`-i ${source.url} -t 0.5 -f null -`,
  ])
  await source.close()
  const readBytes = 0.5 * BYTES_PER_SECOND
  expect(fetched - readBytes).toBeLessThan(3e6)
})

const BYTES_PER_SECOND = 192_000 * 2 * 2

function writeWavHeader(bytes: Buffer, sizeBytes: number): void {
  bytes.write('RIFF', 0)
  bytes.writeUInt32LE(sizeBytes - 8, 4)
  bytes.write('WAVEfmt ', 8)
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(1, 20)
  bytes.writeUInt16LE(2, 22)
  bytes.writeUInt32LE(192_000, 24)
  bytes.writeUInt32LE(BYTES_PER_SECOND, 28)
  bytes.writeUInt16LE(4, 32)
  bytes.writeUInt16LE(16, 34)
  bytes.write('data', 36)
  bytes.writeUInt32LE(sizeBytes - 44, 40)
}
