/**
 * Views of a source: a fragmented MP4 file with an index for each requested second, any other file
 * without changes. Each view is made when it is first requested.
 */
import type { ReadBlock } from '../blockCache.ts'
import {
  type FileView,
  type FragmentedStream,
  type FragmentIndex,
  openFragmentIndex,
} from './fragmentIndex.ts'

export type { FragmentedStream } from './fragmentIndex.ts'

export interface FragmentViews {
  /** @param second to which ffmpeg will seek; null when it reads from the start */
  select: (second: number | null) => Promise<FileView>
  /** Returns null for a file that is served without changes. */
  readStreams: () => Promise<ReadonlyMap<number, FragmentedStream> | null>
}

/** @param options.signal aborted when the source is closed */
export function createFragmentViews(options: {
  sizeBytes: number
  startReader: () => ReadBlock
  /** False to serve every file without changes. */
  isEnabled: boolean
  signal: AbortSignal
}): FragmentViews {
  const { sizeBytes, startReader, isEnabled, signal } = options
  const unchanged: FileView = { sizeBytes, patches: [] }
  const views = new Map<number | null, Promise<FileView>>()
  let index: Promise<FragmentIndex | null> | null = null

  function openIndex(): Promise<FragmentIndex | null> {
    index ??= isEnabled
      ? openFragmentIndex(sizeBytes, readBytes(startReader, signal))
      : Promise.resolve(null)
    return index
  }

  async function makeView(second: number | null): Promise<FileView> {
    return (await openIndex())?.view(second) ?? unchanged
  }

  return {
    select(second) {
      const view = views.get(second) ?? makeView(second)
      views.set(second, view)
      return view
    },
    readStreams: async () => (await openIndex())?.streams ?? null,
  }
}

function readBytes(startReader: () => ReadBlock, signal: AbortSignal) {
  return async (start: number, end: number): Promise<Buffer> => {
    const readBlock = startReader()
    const blocks: Buffer[] = []
    for (let position = start; position < end;) {
      const bytes = (await readBlock(position, signal)).subarray(0, end - position)
      blocks.push(bytes)
      position += bytes.length
    }
    return blocks.length === 1 ? blocks[0]! : Buffer.concat(blocks)
  }
}
