/** For commands that decode no video: their files are served without most of its frames. */
import { audioUrl } from '../process/sourceUrl.ts'
import type { PlanContext } from '../renderPlan.ts'

export function readOnlyAudio(context: PlanContext): PlanContext {
  const { source, references } = context
  return {
    ...context,
    source: { ...source, url: audioUrl(source) },
    references: new Map(
      [...references].map(([path, file]) => [path, { ...file, url: audioUrl(file) }]),
    ),
  }
}
