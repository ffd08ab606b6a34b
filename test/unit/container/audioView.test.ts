import { describe, expect, it } from 'vitest'
import { createAudioView } from '../../../container/source/audioView.ts'
import { BLOCK_BYTES, createBlockCache } from '../../../container/source/blockCache.ts'
import { createByteReader } from '../../../container/source/byteReader.ts'
import { box, largeBox, words } from './fragmentFiles.ts'

const MIB = 1024 ** 2
const { signal } = new AbortController()

function trak(handler: string, offsets: number[], table: 'stco' | 'co64'): Buffer {
  const entries = table === 'stco' ? words(...offsets) : words(...offsets.flatMap((at) => [0, at]))
  return box('trak', [
    box('mdia', [
      box('hdlr', [words(0, 0), Buffer.from(handler)]),
      box('minf', box('stbl', box(table, [words(0, offsets.length), entries]))),
    ]),
  ])
}

interface Layout {
  audioTable?: 'stco' | 'co64'
  /** Sizes of the header of `mdat`: 64 bits, 32 bits, or 0 for a box that extends to the end of the file. */
  size?: 'large' | 'usual' | 'open'
  hasVideo?: boolean
  hasFragment?: boolean
  moovs?: number
}

const VIDEO_BYTES = 20 * MIB
const AUDIO = [Buffer.from('one audio chunk'), Buffer.from('the next')]
const TOTAL = 2 * VIDEO_BYTES + AUDIO[0]!.length + AUDIO[1]!.length

/** Index, and then video, audio, video, audio. */
function buildFile({
  audioTable = 'stco',
  size = 'usual',
  hasVideo = true,
  hasFragment = false,
  moovs = 1,
}: Layout = {}): Buffer {
  const header =
    size === 'large'
      ? largeBox('mdat', BigInt(16 + TOTAL))
      : box('mdat', [], size === 'open' ? 0 : 8 + TOTAL)
  const build = (start: number) => {
    const [one, two] = [start + VIDEO_BYTES, start + 2 * VIDEO_BYTES + AUDIO[0]!.length]
    const video = trak('vide', [start, one + AUDIO[0]!.length], 'stco')
    const index = box('moov', [...(hasVideo ? [video] : []), trak('soun', [one, two], audioTable)])
    return Buffer.concat([
      box('ftyp', Buffer.from('isom')),
      ...Array.from({ length: moovs }, () => index),
      ...(hasFragment ? [box('moof', Buffer.alloc(8))] : []),
    ])
  }
  const start = build(0).length + header.length
  const frames = Buffer.alloc(VIDEO_BYTES, 'frame')
  return Buffer.concat([build(start), header, frames, AUDIO[0]!, frames, AUDIO[1]!])
}

/** Returns the view of a file, its bytes, and the blocks of the file that were fetched for them. */
async function readView(file: Buffer) {
  const blocks = new Set<number>()
  const startReader = createBlockCache(
    file.length,
    async (start, end) => {
      for (let at = start; at < end; at += BLOCK_BYTES) {
        blocks.add(at / BLOCK_BYTES)
      }
      return [file.subarray(start, end)]
    },
    signal,
    'readsOn',
  )
  const read = createByteReader(file.length, startReader, signal)
  const view = await createAudioView({ sizeBytes: file.length, read, startReader })
  if (view === null) {
    return null
  }
  const all = createByteReader(view.sizeBytes, view.startReader, signal)
  return { bytes: await all(0, view.sizeBytes), blocks }
}

describe('the file for a reader of the audio', () => {
  it.each<[string, Layout]>([
    ['positions of 32 bits', {}],
    ['positions of 64 bits', { audioTable: 'co64' }],
    ['a size of 64 bits', { size: 'large' }],
    ['a box that extends to the end', { size: 'open' }],
  ])('has the first 8 MiB of video and all audio, with %s', async (_name, layout) => {
    const file = buildFile(layout)
    const { bytes, blocks } = (await readView(file))!
    const headerBytes = file.length - TOTAL
    const start = headerBytes + 8 * MIB
    expect(bytes.length).toBe(start + AUDIO[0]!.length + AUDIO[1]!.length)
    expect(bytes.subarray(headerBytes, start).equals(file.subarray(headerBytes, start))).toBe(true)
    expect(bytes.subarray(start).toString()).toBe('one audio chunkthe next')
    // The tables of the index have the new positions.
    const positions = [start, start + AUDIO[0]!.length]
    const entries =
      layout.audioTable === 'co64'
        ? words(...positions.flatMap((at) => [0, at]))
        : words(...positions)
    expect(bytes.subarray(0, headerBytes).includes(entries)).toBe(true)
    // So has the header of the box with the samples.
    const mdat = bytes.indexOf('mdat') - 4
    const sizes = { usual: words(bytes.length - mdat), large: words(1), open: words(0) }
    expect(bytes.subarray(mdat, mdat + 4)).toEqual(sizes[layout.size ?? 'usual'])
    if (layout.size === 'large') {
      expect(bytes.readBigUInt64BE(mdat + 8)).toBe(BigInt(bytes.length - mdat))
    }
    // A block for each chunk of audio, besides those at the start.
    expect(blocks.size).toBeLessThanOrEqual((8 * MIB) / BLOCK_BYTES + 1 + 2)
  })

  it.each<[string, Buffer]>([
    ['has no video', buildFile({ hasVideo: false })],
    ['has fragments', buildFile({ hasFragment: true })],
    ['has two indexes', buildFile({ moovs: 2 })],
    ['has no index', buildFile({ moovs: 0 })],
    ['is cut off', buildFile().subarray(0, 20 * MIB)],
    ['is not an MP4', Buffer.from('no boxes at all')],
    ['is short', buildFile().subarray(0, 100)],
  ])('is the file itself if that %s', async (_name, file) => {
    expect(await readView(file)).toBeNull()
  })

  it('is the file itself if its index has more than a million positions', async () => {
    const many = (count: number) =>
      box('moov', [
        trak('vide', [9], 'stco'),
        box(
          'trak',
          box('mdia', box('minf', box('stbl', box('stco', Buffer.alloc(8 + count * 4))))),
        ),
      ])
    const build = (count: number) =>
      Buffer.concat([many(count), box('mdat', Buffer.alloc(60 * MIB))])
    expect(await readView(build(999_999))).not.toBeNull()
    expect(await readView(build(1_000_000))).toBeNull()
  })
})
