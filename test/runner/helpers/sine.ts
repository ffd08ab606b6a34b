/** Measures a sine in the audio of a file: the number of samples, and whether any is missing. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { args } from '../../fixtures/args.ts'

const SAMPLE_RATE = 44_100
/** In `tone`. */
const HERTZ = 440
/** A whole number of periods (22) in a whole number of samples. */
const BLOCK_SAMPLES = SAMPLE_RATE / 20

const RADIANS_PER_SAMPLE = (2 * Math.PI * HERTZ) / SAMPLE_RATE

/**
 * @param range seconds in which the phase is measured; the encoder changes the first and last samples.
 *   `cutsLead`: the samples before second 0 do not count, which only some versions of ffmpeg skip
 * @returns the number of samples without those, the number of samples by which the sine begins later
 *   than one that begins at 0, and the difference of the phases of all blocks of 50 ms, in samples
 */
export async function measureSine(
  file: string,
  {
    startSeconds,
    endSeconds,
    cutsLead = false,
  }: { startSeconds: number; endSeconds: number; cutsLead?: boolean },
) {
  const cut = cutsLead ? ['-af', 'atrim=start=0'] : []
  const command = args`-v error ${cutsLead ? ['-copyts'] : []} -i ${file} -map 0:a:0 ${cut} -ac 1 -ar ${SAMPLE_RATE} -f f32le -`
  const { stdout } = await promisify(execFile)('ffmpeg', command, {
    encoding: 'buffer',
    maxBuffer: 1e8,
  })
  const samples = new Float32Array(stdout.buffer.slice(stdout.byteOffset), 0, stdout.length / 4)
  const phases: number[] = []
  for (
    let start = startSeconds * SAMPLE_RATE;
    start < endSeconds * SAMPLE_RATE;
    start += BLOCK_SAMPLES
  ) {
    phases.push(measurePhase(samples.subarray(start, start + BLOCK_SAMPLES)) / RADIANS_PER_SAMPLE)
  }
  return {
    samples: samples.length,
    delay: -phases.reduce((sum, phase) => sum + phase, 0) / phases.length,
    phaseError: Math.max(...phases) - Math.min(...phases),
  }
}

/** Correlates a block, which begins with a period, with sine and cosine. */
function measurePhase(block: Float32Array): number {
  let sine = 0
  let cosine = 0
  for (const [index, sample] of block.entries()) {
    sine += sample * Math.sin(RADIANS_PER_SAMPLE * index)
    cosine += sample * Math.cos(RADIANS_PER_SAMPLE * index)
  }
  return Math.atan2(cosine, sine)
}
