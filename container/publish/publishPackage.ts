/** Makes and stores a package. A file that refers to other files is stored after them. */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PACKAGE_ENTRY } from '../../src/contract/rendition.ts'
import { executePlan } from '../attempt/executePlan.ts'
import type { RunningAttempt, StageTimer } from '../attempt/types.ts'
import type { RenderPlan } from '../ffmpeg/renderPlan.ts'
import { packageFolder } from '../ffmpeg/streaming/streamLayout.ts'
import { createPackageUploader, type PackageUploader, waitForAll } from './packageUploader.ts'
import { publishStream } from './streamPublisher.ts'

/** @returns the fields of a finish request, except the fence and those of the attempt record */
export async function publishPackage(
  attempt: RunningAttempt,
  plan: RenderPlan,
  timeStage: StageTimer,
) {
  const uploader = createPackageUploader(attempt)
  const { stream } = plan
  const output =
    stream === undefined
      ? await publishFinishedFiles(attempt, plan, { timeStage, uploader })
      : await publishStream(attempt, { ...plan, stream }, { timeStage, uploader })
  const { files, bytes: sizeBytes } = uploader.stored()
  return { outcome: 'packaged' as const, files, sizeBytes, output: { ...output, sizeBytes } }
}

/** Executes the plan, then stores all files of the package folder. */
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
    let stored = 0
    const store = async (name: string) => {
      await uploader.upload(join(folder, name))
      await rm(join(folder, name))
      stored += 1
      attempt.tracker.setUploadedShare(stored / names.length)
    }
    await waitForAll(names.filter((name) => name !== entry).map(store))
    if (entry !== undefined) {
      await store(entry)
    }
  })
  return output
}
