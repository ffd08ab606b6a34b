/**
 * Views of a source: a fragmented MP4 file with an index for each requested second, any other file
 * without changes. Each view is made when it is first requested.
 */
import type { ReadBytes } from '../../ffmpeg/readBytes.ts'
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

export function createFragmentViews(options: {
  sizeBytes: number
  read: ReadBytes
  /** False to serve every file without changes. */
  isEnabled: boolean
}): FragmentViews {
  const { sizeBytes, read, isEnabled } = options
  const unchanged: FileView = { sizeBytes, patches: [] }
  const views = new Map<number | null, Promise<FileView>>()
  let file: Promise<FragmentedFile | null> | null = null

  function open(): Promise<FragmentedFile | null> {
    file ??= isEnabled ? openFragmentedFile(sizeBytes, read) : Promise.resolve(null)
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
