/** Bytes that begin as media do. Only what tells a file's type by its content reads them. */
const text = new TextEncoder()

/** An `ftyp` box of 24 bytes, as every MP4 begins, and then `filling`. */
export function mp4(filling = 'frames'): Uint8Array<ArrayBuffer> {
  return new Uint8Array([
    0,
    0,
    0,
    24,
    ...text.encode('ftypisom'),
    0,
    0,
    2,
    0,
    ...text.encode('isommp41'),
    ...text.encode(filling),
  ])
}

/** The signature of a PNG and its first chunk's head. */
export function png() {
  return new Uint8Array([
    0x89,
    0x50,
    0x4e,
    0x47,
    0x0d,
    0x0a,
    0x1a,
    0x0a,
    0,
    0,
    0,
    13,
    ...text.encode('IHDR'),
    0,
    0,
    0,
    1,
    0,
    0,
    0,
    1,
    8,
    6,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    ...text.encode('IDAT'),
    0,
    0,
    0,
    0,
  ])
}
