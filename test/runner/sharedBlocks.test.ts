/** The audio and the chunks of video of one film, made by one runner. */
import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import type { Finish } from '../../src/contract/runnerProtocol.ts'
import { args } from '../fixtures/args.ts'
import { video } from '../fixtures/renditions.ts'
import { harness, runUntilIdle, useRunnerHarness } from './helpers/runnerHarness.ts'

useRunnerHarness()

const GIB = 1024 ** 3
const chunkSeconds = 8
const rendition = video({ width: 320 })

/** Makes a film with audio between its frames. */
async function makeFilm(): Promise<string> {
  const film = join(harness.scratch, 'film.mp4')
  const inputs = args`-f lavfi -i testsrc2=s=640x360:r=25:d=24 -f lavfi -i sine=d=24`
  const encoders = args`-c:v libx264 -preset ultrafast -crf 8 -pix_fmt yuv420p -c:a aac`
  await promisify(execFile)('ffmpeg', [...args`-v error -y`, ...inputs, ...encoders, film])
  return film
}

/** Has all chunks of a film made. Returns how often each of its bytes was fetched, on average. */
async function makeChunks(memoryBytes: number): Promise<number> {
  const film = await makeFilm()
  const whole = await harness.gateway.offer(film, rendition, { chunkSeconds })
  await runUntilIdle()
  const { chunks, planKey, probe } = whole.finishes[0] as Extract<Finish, { outcome: 'split' }>
  const ranges = chunks.slice(0, -1)
  expect(ranges.map(({ kind }) => kind)).toEqual(['audio', 'video', 'video', 'video'])
  const jobs = []
  for (const [index, range] of ranges.entries()) {
    const chunk = { ...range, jobId: 'job_1', index, planKey, reusableTracks: [] }
    const more = { chunkSeconds, probe, chunk: { ...chunk, completedChunks: [] } }
    jobs.push(await harness.gateway.offer(film, rendition, more))
  }
  const bytesBefore = harness.gateway.sourceBytes
  await runUntilIdle({ MEMORY_BYTES: String(memoryBytes) })
  expect(jobs.map(({ finishes }) => finishes[0]?.outcome)).toEqual(ranges.map(() => 'completed'))
  return (harness.gateway.sourceBytes - bytesBefore) / (await stat(film)).size
}

it('a film is fetched once for its audio and its video', async () => {
  expect(await makeChunks(4 * GIB)).toBeLessThan(1.1)
})

it('without memory for it, a film is fetched for its audio and for its video', async () => {
  expect(await makeChunks(GIB)).toBeGreaterThan(1.9)
})
