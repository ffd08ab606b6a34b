/**
 * Makes and stores a variant of several files. Owns the order: a file that names others is stored
 * after them, and the one by which a player begins last of all. A stream is stored while it is made;
 * of other packages the files are simply there at the end.
 */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PACKAGE_ENTRY } from '../../src/contract/rendition.ts'
import { packageFolder } from '../ffmpeg/streaming/streamLayout.ts'
import type { RenderPlan } from '../ffmpeg/renderPlan.ts'
import { executePlan } from '../attempt/executePlan.ts'
import { createPackageUploader, type PackageUploader, waitForAll } from './packageUploader.ts'
import type { RunningAttempt, StageTimer } from '../attempt/types.ts'
import { publishStream } from './streamPublisher.ts'

/** @returns what a finish with outcome `packaged` says besides the record */
export async function publishPackage(
  attempt: RunningAttempt,
  plan: RenderPlan,
  timeStage: StageTimer,
) {
  const uploader = createPackageUploader(attempt)
  const output =
    plan.stream === undefined
      ? await publishFinishedFiles(attempt, plan, { timeStage, uploader })
      : await publishStream(attempt, { ...plan, stream: plan.stream }, { timeStage, uploader })
  const { files, bytes: sizeBytes } = uploader.stored()
  return { outcome: 'packaged' as const, files, sizeBytes, output: { ...output, sizeBytes } }
}

/** A package whose files are all there once its steps are done: every file of its folder. */
async function publishFinishedFiles(
  attempt: RunningAttempt,
  plan: RenderPlan,
  { timeStage, uploader }: { timeStage: StageTimer; uploader: PackageUploader },
) {
  const output = await executePlan(attempt, plan, timeStage)
  await timeStage('upload', async () => {
    const folder = packageFolder(attempt.scratch)
    const entry = PACKAGE_ENTRY[attempt.assignment.rendition.kind]
    const names = (await readdir(folder)).toSorted()
    const others = names.filter((name) => name !== entry)
    let done = 0
    const put = async (name: string) => {
      await uploader.put(join(folder, name))
      await rm(join(folder, name))
      done += 1
      attempt.tracker.setUploadedShare(done / names.length)
    }
    await waitForAll(others.map(put))
    if (entry !== undefined) {
      await put(entry)
    }
  })
  return output
}
