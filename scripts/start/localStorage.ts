/**
 * Makes the local storage take less processor time for what it stores. Miniflare's R2 computes a digest of
 * it in JavaScript, in chunks of 4 KiB, which is what a stream gives by itself: to hand over the chunks
 * takes ten times as long as to digest them.
 */
import { type MiniflarePlugin, replaceSource } from './miniflareSource.ts'

/** The stream in the source of Miniflare's R2 that is digested and stored. */
export const DIGESTED_STREAM = 'value.pipeThrough(digesting)'

/**
 * The same in large chunks, as JavaScript that runs in the source of Miniflare. `src/storage/uploadPart.ts`
 * does that in the Worker.
 */
const IN_LARGE_CHUNKS = `((stream) => {
  const chunkBytes = 256 * 1024
  const reader = stream.getReader({ mode: 'byob' })
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await reader.readAtLeast(chunkBytes, new Uint8Array(chunkBytes))
      if (value !== undefined && value.length > 0) controller.enqueue(value)
      if (done) controller.close()
    },
    cancel: (reason) => reader.cancel(reason),
  })
})(value).pipeThrough(digesting)`

export function digestLargeChunks(plugin: MiniflarePlugin): void {
  replaceSource(plugin, DIGESTED_STREAM, IN_LARGE_CHUNKS)
}
