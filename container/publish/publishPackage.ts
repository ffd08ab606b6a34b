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
import { make } from '../attempt/executePlan.ts'
import { createShelf, type Shelf, together } from './packageUploader.ts'
import type { Running, Timed } from '../attempt/types.ts'
import { makeStream } from './streamPublisher.ts'

/** @returns what a finish with outcome `packaged` says besides the record */
export async function makePackage(running: Running, plan: RenderPlan, timed: Timed) {
  const shelf = createShelf(running)
  const output =
    plan.stream === undefined
      ? await makeWhole(running, plan, { timed, shelf })
      : await makeStream(running, { ...plan, stream: plan.stream }, { timed, shelf })
  const { files, bytes: sizeBytes } = shelf.stored()
  return { outcome: 'packaged' as const, files, sizeBytes, output: { ...output, sizeBytes } }
}

/** A package whose files are all there once its steps are done: every file of its folder. */
async function makeWhole(
  running: Running,
  plan: RenderPlan,
  { timed, shelf }: { timed: Timed; shelf: Shelf },
) {
  const output = await make(running, plan, timed)
  await timed('upload', async () => {
    const folder = packageFolder(running.scratch)
    const entry = PACKAGE_ENTRY[running.assignment.rendition.kind]
    const names = (await readdir(folder)).toSorted()
    const others = names.filter((name) => name !== entry)
    let done = 0
    const put = async (name: string) => {
      await shelf.put(join(folder, name))
      await rm(join(folder, name))
      done += 1
      running.following.uploaded(done / names.length)
    }
    await together(others.map(put))
    if (entry !== undefined) {
      await put(entry)
    }
  })
  return output
}
