/** Edit step: crops the scaled frame. */
import type { FileVideo } from '../editedOutput.ts'

export function crop({ geometry }: FileVideo): string[] {
  const area = geometry.crop
  return area === null ? [] : [`crop=${area.width}:${area.height}:${area.x}:${area.y}`]
}
