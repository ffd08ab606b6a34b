import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RenditionOf } from '../../src/contract/rendition.ts'
import { args } from '../fixtures/args.ts'
import { video } from '../fixtures/renditions.ts'
import { AAC, testVideo, tone } from './helpers/clips/inputs.ts'
import {
  encodeChunks,
  encodeWhole,
  hashChunkFrames,
  hashWholeFrames,
  openSplitJob,
} from './helpers/splitJob.ts'

const execute = promisify(execFile)

let folder = ''
const made = new Map<string, Promise<string>>()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chunks-'))
})
afterAll(() => process.env["KEEP"] ? undefined : rm(folder, { recursive: true }))

/** Makes a clip with ffmpeg when it is first used. */
function source(name: string, ...commands: string[][]): Promise<string> {
  const file = join(folder, name)
  const make = async () => {
    for (const command of commands) {
      await execute('ffmpeg', args`-v error -nostdin -y ${command}`, { cwd: folder })
    }
    return file
  }
  const found = made.get(name) ?? make()
  made.set(name, found)
  return found
}

const H264 = args`-c:v libx264 -preset veryfast -pix_fmt yuv420p`

const SOURCES = {
  'basic.mp4': [args`${testVideo('160x90', 25, 7)} ${tone(7)} ${H264} ${AAC} basic.mp4`],
} satisfies Record<string, string[][]>

async function openJob(
  name: keyof typeof SOURCES,
  fields: Partial<RenditionOf<'video'>>,
  references: Record<string, string> = {},
) {
  const scratch = await mkdtemp(join(folder, 'job-'))
  const file = await source(name, ...SOURCES[name])
  const rendition = video({ quality: 90, ...fields }) as RenditionOf<'video'>
  return openSplitJob({ file, rendition, scratch, references })
}

describe('the frames of all chunks are those of the whole', () => {
  it.each([
    ['basic.mp4', {}],
    ['basic.mp4', { frameRate: 10 }],
    ['basic.mp4', { startSeconds: 1.03, endSeconds: 6.5, speed: 0.75 }],
  ] as [keyof typeof SOURCES, Partial<RenditionOf<'video'>>][])('%s %o', async (name, fields) => {
    const job = await openJob(name, fields)
    const chunks = await hashChunkFrames(job)
    expect(chunks.length).toBeGreaterThan(1)
    expect(chunks.flat()).toEqual(await hashWholeFrames(job))
    await job.close()
  })
})

it('joins', async () => {
  const job = await openJob('basic.mp4', {})
  const { output, chunks, facts } = await encodeChunks(job)
  const whole = await encodeWhole(job)
  console.log(output, whole, JSON.stringify(chunks), facts)
  const read = async (file: string) => (await execute('ffprobe', args`-v error -show_entries stream=codec_type,start_pts,duration_ts,nb_frames,avg_frame_rate:stream_disposition:stream_tags:packet=pts,dts,stream_index -of compact ${file}`)).stdout
  expect((await read(output)).split('\n').toSorted()).toEqual((await read(whole)).split('\n').toSorted())
  await job.close()
})
