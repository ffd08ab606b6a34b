/** The files that go with a video in a player. */
import { listVariants } from '../../db/outputs.ts'
import { readCanonicalForm } from '../../domain/transformation/canonicalForm.ts'
import type { Platform } from '../ports.ts'
import { encodePath, variantPath } from '../serializers.ts'

/** Paths of URLs. A file that does not exist is left out. */
export interface Companions {
  poster?: string
  storyboard?: string
  subtitles?: string
}

/** The newest variants are searched for a poster and a storyboard. */
const MAX_VARIANTS = 50

/**
 * Returns the newest image and storyboard of a file, and the subtitles `videos/clip.vtt` of
 * `videos/clip.mp4`.
 */
export async function findCompanions(
  { db, originals }: Pick<Platform, 'db' | 'originals'>,
  filePath: string,
): Promise<Companions> {
  const subtitlesPath = filePath.replace(/\.[^./]+$/, '.vtt')
  const [variants, subtitles] = await Promise.all([
    listVariants(db, filePath, MAX_VARIANTS),
    originals.head(subtitlesPath),
  ])
  const find = (kind: 'image' | 'sprite') =>
    variants.find(({ transformation }) => readCanonicalForm(transformation).kind === kind)
  const [poster, storyboard] = [find('image'), find('sprite')]
  return {
    ...(poster && { poster: variantPath(poster.transformation, filePath) }),
    ...(storyboard && { storyboard: variantPath(storyboard.transformation, filePath) }),
    ...(subtitles && { subtitles: `/t/${encodePath(subtitlesPath)}` }),
  }
}
