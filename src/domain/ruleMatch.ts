/** Compares files with the conditions of rules. */
import { findFileType, readExtension } from '../contract/fileTypes.ts'
import type { Rule } from '../contract/rule.ts'

type Conditions = Pick<Rule, 'prefix' | 'suffixes' | 'minBytes' | 'maxBytes'>

export function matchesRule(
  { prefix, suffixes, minBytes, maxBytes }: Conditions,
  file: { filePath: string; sizeBytes: number },
): boolean {
  const path = file.filePath.toLowerCase()
  return (
    file.filePath.startsWith(prefix) &&
    (suffixes.length === 0 || suffixes.some((suffix) => path.endsWith(suffix.toLowerCase()))) &&
    file.sizeBytes >= (minBytes ?? 0) &&
    file.sizeBytes <= (maxBytes ?? Infinity)
  )
}

/** Returns why no rule applies to files with this name; null if rules can apply. */
export function findIgnoredReason(filePath: string): string | null {
  if (readExtension(filePath) === null) {
    return 'The extension of the file is not one of video, audio or images.'
  }
  return findFileType(filePath)?.role === 'subtitles' ? 'Nothing can be made of subtitles.' : null
}
