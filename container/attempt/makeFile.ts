/** Makes the one file of a variant or of a chunk, verifies it, and stores it. */
import type { ChunkAssignment } from '../../src/contract/runnerProtocol.ts'
import type { RenderPlan } from '../ffmpeg/renderPlan.ts'
import { uploadOutput } from '../gateway/uploadOutput.ts'
import { runTogether } from '../runTogether.ts'
import { executePlan, readFileFacts, runSteps, verifySingleFile } from './executePlan.ts'
import { measureAssignedChunk } from './makeChunk.ts'
import { addNote, type RunningAttempt, type StageTimer } from './types.ts'

/** Makes the file of a variant that is encoded as a whole, verifies it, and stores it. */
export async function makeSingleFile(
  attempt: RunningAttempt,
  plan: RenderPlan,
  timeStage: StageTimer,
) {
  const output = await executePlan(attempt, plan, timeStage)
  noteSize(attempt, output.sizeBytes)
  attempt.onAlmostDone(output.sizeBytes)
  const stored = await storeFile(attempt, plan, output.sizeBytes, timeStage)
  return { ...stored, output }
}

/** Makes the file of a chunk of video or audio, measures it, and stores it. */
export async function makeChunkFile(
  attempt: RunningAttempt,
  plan: RenderPlan,
  chunk: ChunkAssignment,
  timeStage: StageTimer,
) {
  const { facts, stored, output } = await verifyWhileStored(
    attempt,
    plan,
    (checked) => measureAssignedChunk(checked, chunk, plan),
    timeStage,
  )
  return { ...stored, output, chunk: facts }
}

/** Joins the chunks, verifies the joined file, and stores it. */
export async function makeJoin(
  attempt: RunningAttempt,
  plan: RenderPlan,
  { jobId }: ChunkAssignment,
  timeStage: StageTimer,
) {
  const { facts, stored } = await verifyWhileStored(
    attempt,
    plan,
    (checked) => verifySingleFile(checked, plan, false),
    timeStage,
  )
  noteSize(attempt, facts.sizeBytes)
  attempt.recentChunks?.forget(jobId)
  return { ...stored, output: facts }
}

/**
 * Makes the file of a chunk or of a join. The next job is begun while this file is verified and stored, which
 * happens at the same time: no finish request names the upload of a file that is not as planned, so it is
 * discarded.
 *
 * @param verify its error ends the upload
 */
async function verifyWhileStored<Facts>(
  attempt: RunningAttempt,
  plan: RenderPlan,
  verify: (attempt: RunningAttempt) => Promise<Facts>,
  timeStage: StageTimer,
) {
  await runSteps(attempt, plan, timeStage)
  const output = await readFileFacts(plan.output)
  attempt.onAlmostDone(output.sizeBytes)
  const [facts, stored] = await runTogether(attempt.signal, [
    (signal) => timeStage('verify', () => verify({ ...attempt, signal })),
    (signal) => storeFile({ ...attempt, signal }, plan, output.sizeBytes, timeStage),
  ])
  return { facts, stored, output }
}

async function storeFile(
  { assignment, client, signal, state, tracker }: RunningAttempt,
  { output: file }: RenderPlan,
  sizeBytes: number,
  timeStage: StageTimer,
) {
  tracker.setOutputBytes(sizeBytes)
  const uploaded = await timeStage('upload', () =>
    uploadOutput({
      client,
      lease: assignment,
      file,
      signal,
      request: { ...state, sizeBytes },
      onProgress: (share) => tracker.setUploadedShare(share),
    }),
  )
  return { outcome: 'completed' as const, ...uploaded }
}

/** Adds a note if the output is larger than its source. */
function noteSize({ assignment, record }: RunningAttempt, outputBytes: number): void {
  const { sizeBytes } = assignment.source
  if (outputBytes > sizeBytes) {
    const [source, output] = [sizeBytes, outputBytes].map(
      (bytes) => `${Math.ceil(bytes / 1000)} kB`,
    )
    addNote(record, `The variant is larger than its source: ${output} instead of ${source}.`)
  }
}
