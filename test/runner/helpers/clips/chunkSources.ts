/** Sources of the tests of chunks, made when they are first used, and jobs for them. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll } from 'vitest'
import type { RenditionOf } from '../../../../src/contract/rendition.ts'
import { args } from '../../../fixtures/args.ts'
import { stream, video } from '../../../fixtures/renditions.ts'
import { FRAME_COUNTER } from '../frameCounter.ts'
import { clip } from '../runnerHarness.ts'
import { openSplitJob, type SplitJob } from '../splitJob.ts'
import { openSplitStream, type StreamJob } from '../splitStream.ts'
import { setQuarterTurn } from './contents.ts'
import { AAC, H264, testVideo, tone } from './inputs.ts'

const execute = promisify(execFile)

/** References across key frames, so that the frames before a key frame cannot be decoded after a seek. */
const OPEN_GOP = args`-c:v libx264 -preset veryfast -x264-params open-gop=1:keyint=20:bframes=3:b-adapt=0
  -pix_fmt yuv420p`
const FILM = args`-f lavfi -i testsrc2=s=160x90:r=25:d=7 ${tone(7)}`

const SOURCES: Record<string, string[][]> = {
  'film.mp4': [args`${FILM} -vf ${FRAME_COUNTER} ${H264} -g 250 ${AAC} film.mp4`],
  'ntsc.mkv': [
    args`${testVideo('160x90', 30_000 / 1001, 7)} ${tone(7)} ${OPEN_GOP} ${AAC} ntsc.mkv`,
  ],
  // Stored on its side.
  'rotated.mp4': [args`${FILM} ${OPEN_GOP} ${AAC} rotated.mp4`],
  'fast.mp4': [args`${testVideo('160x90', 50, 7)} ${H264} -bf 2 fast.mp4`],
  'open.ts': [args`${FILM} ${OPEN_GOP} ${AAC} open.ts`],
  'fragmented.mp4': [
    args`${FILM} ${OPEN_GOP} ${AAC} -movflags frag_keyframe+empty_moov fragmented.mp4`,
  ],
  'vfr.mp4': [
    args`${testVideo('160x90', 30, 8)} ${tone(8)} -vf
      select='not(mod(n\,7))+not(mod(n\,11))+between(t\,3\,4)-between(t\,4.5\,6.1)' -fps_mode vfr
      ${H264} -bf 2 -g 30 ${AAC} vfr.mp4`,
  ],
  'live.mkv': [args`${FILM} ${OPEN_GOP} ${AAC} -f matroska -live 1 live.mkv`],
  'short-audio.mp4': [
    args`${testVideo('160x90', 25, 6)} ${tone(4.5)} ${H264} ${AAC} short-audio.mp4`,
  ],
  'long-audio.mp4': [
    args`${testVideo('160x90', 25, 6)} ${tone(7.5)} ${H264} ${AAC} long-audio.mp4`,
  ],
  // A white frame and a beep at 2, 4 and 6 seconds.
  'flashes.mp4': [
    args`-f lavfi -i ${`color=black:s=160x90:r=25:d=7,drawbox=c=white:t=fill:enable='lt(mod(t,2),0.039)*gt(t,1)'`}
      -f lavfi -i ${`aevalsrc='0.5*sin(5529*t)*lt(mod(t,2),0.04)*gt(t,1)':d=7:s=48000`} ${H264} ${AAC}
      flashes.mp4`,
  ],
  // Shorter than a chunk.
  'blink.mp4': [args`${testVideo('90x160', 30, 0.5)} ${tone(0.4)} ${H264} ${AAC} blink.mp4`],
  'sparse.ts': [args`${FILM} ${H264} -g 1000 -bf 2 ${AAC} sparse.ts`],
  // No frame from second 1 to 6.
  'still.mkv': [
    args`${testVideo('160x90', 25, 7)} -vf select='lt(t,1)+gt(t,6)' -fps_mode vfr ${H264} still.mkv`,
  ],
  'interlaced.mp4': [
    args`${testVideo('160x96', 50, 7)} -vf tinterlace=interleave_top,fieldorder=tff ${H264}
      -flags +ildct+ilme -x264-params tff=1 interlaced.mp4`,
  ],
  'hlg.mp4': [
    args`${testVideo('160x90', 25, 6)} -c:v libx265 -preset ultrafast -pix_fmt yuv420p10le -x265-params
      log-level=none:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc -color_primaries bt2020
      -color_trc arib-std-b67 -colorspace bt2020nc hlg.mp4`,
  ],
  'edited.mp4': [
    args`${FILM} ${OPEN_GOP} ${AAC} unedited.mp4`,
    args`-ss 0.5 -i unedited.mp4 -c copy edited.mp4`,
  ],
  // As many frames as in six minutes at 60 frames a second.
  'many-frames.mp4': [args`-f lavfi -i color=s=16x16:r=1000:d=22 ${H264} -g 5000 many-frames.mp4`],
  'intra.mov': [args`${testVideo('160x90', 25, 7)} -c:v mjpeg intra.mov`],
  // The audio begins 0.6 seconds before the video.
  'late.mov': [
    args`${tone(7)} -itsoffset 0.6 ${testVideo('160x90', 25, 7)} -map 1:v -map 0:a ${OPEN_GOP} ${AAC} late.mov`,
  ],
  'hevc.mp4': [
    args`${FILM} -c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=20:open-gop=1:bframes=3
      ${AAC} hevc.mp4`,
  ],
  'no-list.mp4': [args`${FILM} ${OPEN_GOP} ${AAC} -use_editlist 0 no-list.mp4`],
  'offsets.mp4': [args`${FILM} ${OPEN_GOP} ${AAC} -movflags negative_cts_offsets offsets.mp4`],
  'negative.mp4': [
    args`${FILM} ${OPEN_GOP} ${AAC} -output_ts_offset -0.48 -avoid_negative_ts disabled negative.mp4`,
  ],
}

/** A source, and fields of the rendition that differ from the defaults. */
export type ChunkCase = [source: string, fields: Partial<RenditionOf<'video'>>]
export type StreamCase = [source: string, fields: Partial<RenditionOf<'stream'>>]

/** Local files that a case can name as reference files. */
const REFERENCES = ['lines.srt', 'logo.png']

/** Returns functions that make a source when it is first used, and a folder for a job. */
function useSources() {
  const made = new Map<string, Promise<string>>()
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chunks-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  async function make(name: string): Promise<string> {
    for (const command of SOURCES[name] ?? []) {
      await execute('ffmpeg', args`-v error -nostdin -y ${command}`, { cwd: folder })
    }
    if (name === 'rotated.mp4') {
      await setQuarterTurn(join(folder, name), { storedHeight: 90 })
    }
    return join(folder, name)
  }

  function makeSource(name: string): Promise<string> {
    const source = made.get(name) ?? make(name)
    made.set(name, source)
    return source
  }

  return {
    makeSource,
    /** Makes the files that a case appends, which are sources too. */
    async makeAppended({ append = [] }: { append?: string[] }): Promise<Record<string, string>> {
      const files = await Promise.all(append.map(async (name) => [name, await makeSource(name)]))
      return Object.fromEntries(files) as Record<string, string>
    },
    makeScratch: () => mkdtemp(join(folder, 'job-')),
  }
}

/** Returns an array whose jobs are closed after the tests. */
function useOpened<Job extends Pick<SplitJob, 'close'>>(): Job[] {
  const opened: Job[] = []
  afterAll(async () => {
    await Promise.all(opened.map(({ close }) => close()))
  })
  return opened
}

/** Call it at the top of a test file. Returns a function that opens a job for a case. */
export function useChunkJobs() {
  const sources = useSources()
  const opened = useOpened<SplitJob>()
  return async (...[name, fields]: ChunkCase): Promise<SplitJob> => {
    const used = REFERENCES.filter((each) => [fields.subtitles, fields.watermark].includes(each))
    const appended = await sources.makeAppended(fields)
    const job = await openSplitJob({
      file: await sources.makeSource(name),
      rendition: video({ quality: 90, ...fields }) as RenditionOf<'video'>,
      scratch: await sources.makeScratch(),
      references: { ...Object.fromEntries(used.map((each) => [each, clip(each)])), ...appended },
    })
    opened.push(job)
    return job
  }
}

/** The same for streams. Their segments have one second. */
export function useStreamJobs() {
  const sources = useSources()
  const opened = useOpened<StreamJob>()
  return async (...[name, fields]: StreamCase): Promise<StreamJob> => {
    const rendition = stream({ quality: 90, segmentSeconds: 1, ...fields }) as RenditionOf<'stream'>
    const job = await openSplitStream({
      file: await sources.makeSource(name),
      rendition,
      scratch: await sources.makeScratch(),
      references: await sources.makeAppended(rendition),
    })
    opened.push(job)
    return job
  }
}
