/** Bytes that begin as media files do, for code that detects a file's type by its content. */

/** Encodes each character as one byte. */
function latin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

/** An `ftyp` box of 24 bytes, with which MP4 files begin, followed by `filling`. */
export function mp4(filling = 'frames') {
  return latin1(`\0\0\0\x18ftypisom\0\0\x02\0isommp41${filling}`)
}

/** The signature of a PNG file, its header chunk (1 by 1 pixels), and an empty data chunk. */
export function png() {
  const header = `\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06${'\0'.repeat(7)}`
  return latin1(`\x89PNG\r\n\x1a\n${header}\0\0\0\0IDAT\0\0\0\0`)
}
