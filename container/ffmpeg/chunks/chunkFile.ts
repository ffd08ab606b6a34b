/** Names of the files of chunks in the scratch folder. */
import type { ChunkRange } from '../../../src/contract/chunk.ts'
import type { RenditionOf } from '../../../src/contract/rendition.ts'

/**
 * Video is stored as MP4, which keeps the times of frames exactly. The extension of audio is that of
 * the variant, although its container may differ; ffmpeg does not look at extensions.
 */
export function chunkFormat(
  { format }: Pick<RenditionOf<'video'>, 'format'>,
  { kind }: Pick<ChunkRange, 'kind'>,
) {
  return kind === 'video' ? 'mp4' : format
}

/** @param index position of the chunk in the list of ranges */
export function chunkFileName(
  rendition: Pick<RenditionOf<'video'>, 'format'>,
  range: Pick<ChunkRange, 'kind'>,
  index: number,
): string {
  return `chunk-${index}.${chunkFormat(rendition, range)}`
}
