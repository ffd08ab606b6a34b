/**
 * Views of a source: a fragmented MP4 file with an index for each requested second, any other file
 * without changes. Each view is made when it is first requested.
 */
import type { ReadBlock } from '../blockCache.ts'
import {
  type FileView,
  type FragmentedFile,
  type FragmentedStream,
  openFragmentedFile,
} from './fragmentIndex.ts'

export type { FragmentedStream } from './fragmentIndex.ts'

export interface FragmentViews {
  /** @param second to which ffmpeg will seek; null when it reads from the start */
  select: (second: number | null) => Promise<FileView>
  readFragments: () => Promise<FragmentFacts>
}

export interface FragmentFacts {
  /** True for a fragmented MP4 file, with or without an index. */
  isFragmented: boolean
  /** The video and audio streams, by their number; null for a file that is served without an index. */
  streams: ReadonlyMap<number, FragmentedStream> | null
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
  let file: Promise<FragmentedFile | null> | null = null

  function open(): Promise<FragmentedFile | null> {
    file ??= isEnabled
      ? openFragmentedFile(sizeBytes, readBytes(startReader, signal))
      : Promise.resolve(null)
    return file
  }

  async function makeView(second: number | null): Promise<FileView> {
    return (await open())?.index?.view(second) ?? unchanged
  }

  return {
    select(second) {
      const view = views.get(second) ?? makeView(second)
      views.set(second, view)
      return view
    },
    async readFragments() {
      const opened = await open()
      return { isFragmented: opened !== null, streams: opened?.index?.streams ?? null }
    },
  }
}

function readBytes(startReader: () => ReadBlock, signal: AbortSignal) {
  return async (start: number, end: number): Promise<Buffer> => {
    const readBlock = startReader()
    const pieces: Buffer[] = []
    for (let position = start; position < end;) {
      for (const piece of await readBlock(position, signal)) {
        const bytes = piece.subarray(0, end - position)
        pieces.push(bytes)
        position += bytes.length
      }
    }
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
  }
}
