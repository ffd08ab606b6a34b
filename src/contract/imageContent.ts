/**
 * Tells still images from animations by their leading bytes, and says what can be made of them. The
 * Worker and the runner decide by the same rules.
 */
import { findFileType } from './fileTypes.ts'
import { IMAGE_FORMATS } from './formats.ts'
import type { Kind } from './rendition.ts'

/** `unreadable` is an animated WebP, which ffmpeg does not decode. */
export type ImageContent = 'still' | 'animation' | 'unreadable'

interface ImageReader {
  /** Leading bytes that the reader needs of a file. */
  bytes: number
  /** Returns null when the bytes do not tell. */
  read: (bytes: Uint8Array) => ImageContent | null
}

const READERS: Readonly<Record<string, ImageReader>> = {
  jpeg: { bytes: 0, read: () => 'still' },
  // Texts and a colour profile can come before the pixels.
  png: { bytes: 1024 ** 2, read: readPng },
  webp: { bytes: 32, read: readWebp },
  // The second frame comes after all pixels of the first one.
  gif: { bytes: 4 * 1024 ** 2, read: readGif },
}

function findReader(path: string): ImageReader | null {
  const type = findFileType(path)
  return type?.role === 'image' ? (READERS[type.family] ?? null) : null
}

/** The number of leading bytes that `readImageContent` needs; null for a file that is no image. */
export function countImageBytes(path: string): number | null {
  return findReader(path)?.bytes ?? null
}

/** Returns null for a file that is no image, and for a GIF whose bytes do not tell. */
export function readImageContent(path: string, leading: Uint8Array): ImageContent | null {
  return findReader(path)?.read(leading) ?? null
}

function readPng(bytes: Uint8Array): ImageContent {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let position = 8; position + 12 <= bytes.length; position += 12 + view.getUint32(position)) {
    const type = readText(bytes, position + 4, 4)
    if (type === 'acTL') {
      return view.getUint32(position + 8) > 1 ? 'animation' : 'still'
    }
    if (type === 'IDAT') {
      return 'still'
    }
  }
  return 'still'
}

const WEBP_FLAGS = 20
const WEBP_ANIMATION = 0x02

function readWebp(bytes: Uint8Array): ImageContent {
  const isAnimated =
    readText(bytes, 12, 4) === 'VP8X' && ((bytes[WEBP_FLAGS] ?? 0) & WEBP_ANIMATION) !== 0
  return isAnimated ? 'unreadable' : 'still'
}

const GIF_HEADER_BYTES = 13
const GIF_IMAGE = 0x2c
const GIF_EXTENSION = 0x21
const GIF_END = 0x3b

function readGif(bytes: Uint8Array): ImageContent | null {
  let position = GIF_HEADER_BYTES + countColourTable(bytes[10])
  let frames = 0
  for (;;) {
    switch (bytes[position]) {
      case GIF_IMAGE:
        frames += 1
        if (frames > 1) {
          return 'animation'
        }
        position = skipGifBlocks(bytes, position + 11 + countColourTable(bytes[position + 9]))
        break
      case GIF_EXTENSION:
        position = skipGifBlocks(bytes, position + 2)
        break
      case GIF_END:
        return 'still'
      default:
        return null
    }
  }
}

/** Bytes of the colour table that the flags of a GIF announce. */
function countColourTable(flags = 0): number {
  return (flags & 0x80) === 0 ? 0 : 3 << ((flags & 0x07) + 1)
}

/** Returns the position after a sequence of blocks, of which the last is empty. */
function skipGifBlocks(bytes: Uint8Array, start: number): number {
  let position = start
  while ((bytes[position] ?? 0) > 0) {
    position += 1 + bytes[position]!
  }
  return position + 1
}

function readText(bytes: Uint8Array, start: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(start, start + length))
}

const KIND_NAMES: Partial<Record<Kind, string>> = {
  audio: 'audio file',
  sprite: 'storyboard',
  wave: 'waveform',
}
const FROM_STILLS: readonly Kind[] = ['image', 'probe']
const NEEDS_AUDIO: readonly Kind[] = ['audio', 'wave']

export interface ImageProblem {
  /** What the file is. */
  description: string
  /** What cannot be made of it, and what to do, in sentences. */
  advice: string
}

/** Returns why no variant of this kind can be made of an image; null if one can. */
export function findImageProblem(content: ImageContent | null, kind: Kind): ImageProblem | null {
  const advice = `No ${KIND_NAMES[kind] ?? kind} can be made of it.`
  if (content === 'unreadable') {
    return {
      description: 'an animated WebP',
      advice: `ffmpeg cannot read it. ${advice} Send the animation as a video, .gif or .png.`,
    }
  }
  const source = NEEDS_AUDIO.includes(kind)
    ? 'a video or audio file'
    : 'a video or an animation (.gif, .png)'
  return content === 'still' && !FROM_STILLS.includes(kind)
    ? {
        description: 'a still image',
        advice: `${advice} Request an image (t_true, f_${IMAGE_FORMATS.join(', f_')}), or send ${source}.`,
      }
    : null
}
