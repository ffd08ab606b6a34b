/**
 * Runs ffprobe over a file within all the limits that there are for that. Owns what may end it;
 * what its answer means is probe.ts's.
 */
import { JobFailure } from '../../failures.ts'
import { classify, ranOutOfMemory, unreadable } from './classifyFailure.ts'
import { PROBE, probeLimits, type ProcessLimits } from './limits.ts'
import { runProcess } from './process.ts'
import { indexTooLarge, nothingFound, probeTooSlow } from './limitErrors.ts'

const LOOK_MS = 100
const ENOUGH = new Error('enough was read')

/** What is to be told of a file. */
export interface Telling {
  entries: string
  /** Options that say which part of the file is looked at. */
  part?: readonly string[]
  form?: 'json' | 'csv=p=0'
  /**
   * Looks at this much at most, in bytes, and is content with what was found until then; else a
   * probe that reads too much is a failure.
   */
  enoughBytes?: number
}

/** No more than is read: of tags, whose number and length the file decides, these two. */
const ENTRIES = [
  'format=format_name,duration,start_time,bit_rate',
  'stream=codec_type,codec_name,pix_fmt,width,height,sample_aspect_ratio,avg_frame_rate,nb_frames,field_order,color_space,color_primaries,color_transfer,color_range,channels,sample_rate,bit_rate,duration,start_time',
  'stream_disposition=attached_pic,timed_thumbnails',
  'stream_tags=BPS,DURATION',
  'stream_side_data=rotation',
].join(':')

export interface Question {
  ffprobe: string
  /** What ffprobe opens, with the options that limit it before. */
  input: readonly string[]
  /** What ffmpeg may take; a probe gets less. */
  limits: ProcessLimits
  /** How much it has read so far. */
  bytesRead: () => number
  cwd: string
  signal: AbortSignal
}

/**
 * @returns ffprobe's answer, JSON by default, and what it complained of
 * @throws JobFailure when ffprobe finds nothing to read, or a limit ends it; the signal's reason
 */
export async function askFfprobe(
  question: Question,
  telling: Telling = { entries: ENTRIES },
): Promise<{ answer: string; said: string }> {
  const { entries, part = [], form = 'json', enoughBytes } = telling
  const limits = probeLimits(question.limits)
  const ending = new AbortController()
  const endAfter = setTimeout(() => ending.abort(tookTooLong()), PROBE.seconds * 1_000)
  const before = question.bytesRead()
  const watch = setInterval(() => {
    const read = question.bytesRead() - before
    if (read > (enoughBytes ?? Infinity)) {
      ending.abort(ENOUGH)
    } else if (read > PROBE.readBytes) {
      ending.abort(nothingFound())
    }
  }, LOOK_MS)
  let answer = ''
  try {
    const ended = await runProcess({
      file: question.ffprobe,
      arguments: ['-v', 'error', '-of', form, '-show_entries', entries, ...part, ...question.input],
      limits,
      cwd: question.cwd,
      signal: AbortSignal.any([question.signal, ending.signal]),
      onStdout: (text) => {
        answer += text
        if (answer.length > PROBE.answerCharacters) {
          ending.abort(saysTooMuch())
        }
      },
    })
    const said = ended.stderrTail
    if (ended.signal === 'SIGXCPU') {
      throw probeTooSlow()
    }
    // On a machine with less memory than that, the machine may be what is at fault.
    if (ranOutOfMemory(ended) && limits.memoryBytes === PROBE.memoryBytes) {
      throw indexTooLarge()
    }
    if (ended.signal !== null) {
      throw classify(ended)
    }
    if (ended.code !== 0) {
      throw unreadable(ended)
    }
    return { answer, said }
  } catch (error) {
    if (error === ENOUGH) {
      return { answer, said: '' }
    }
    throw error
  } finally {
    clearTimeout(endAfter)
    clearInterval(watch)
  }
}

function tookTooLong(): JobFailure {
  return new JobFailure('stalled', 'Reading what the file holds took too long.')
}

function saysTooMuch(): JobFailure {
  return new JobFailure('input_invalid', 'The description of its streams in the file has no end.')
}
