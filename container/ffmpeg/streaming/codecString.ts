/**
 * Codec strings of playlists (RFC 6381): a codec with its profile and level, read from the decoder
 * configuration in the file, so that they match the output of the encoder.
 */

/**
 * @param sampleEntry type of the sample entry, e.g. `avc1`
 * @param readBox returns the content of a box of the sample entry; null when it has none of that
 *   type
 * @throws Error for an unsupported codec, or one without its decoder configuration
 */
export function formatCodecString(
  sampleEntry: string,
  readBox: (type: string) => Buffer | null,
): string {
  const requireBox = (type: string) => {
    const content = readBox(type)
    if (content === null) {
      throw new Error(`${sampleEntry} has no box ${type}`)
    }
    return content
  }
  switch (sampleEntry) {
    case 'avc1':
      return `avc1.${requireBox('avcC').toString('hex', 1, 4)}`
    case 'hvc1':
      return `hvc1.${formatHevc(requireBox('hvcC'))}`
    case 'av01':
      return `av01.${formatAv1(requireBox('av1C'))}`
    case 'mp4a':
      return `mp4a.40.${readAacObjectType(requireBox('esds'))}`
    default:
      throw new Error(`the codec ${sampleEntry} is not supported in playlists`)
  }
}

/** ISO/IEC 14496-15, annex E.3. */
function formatHevc(config: Buffer): string {
  const general = config.readUInt8(1)
  const profileSpace = ['', 'A', 'B', 'C'][general >> 6]
  const profile = general & 0x1f
  const tier = (general & 0x20) === 0 ? 'L' : 'H'
  const compatibility = reverseBits(config.readUInt32BE(2)).toString(16).toUpperCase()
  const constraints = [...config.subarray(6, 12)]
  while (constraints.at(-1) === 0) {
    constraints.pop()
  }
  const suffix = constraints.map((byte) => `.${byte.toString(16).toUpperCase()}`).join('')
  return `${profileSpace}${profile}.${compatibility}.${tier}${config.readUInt8(12)}${suffix}`
}

/** Reverses the order of the bits of a 32-bit number. */
function reverseBits(value: number): number {
  let result = 0
  for (let bit = 0; bit < 32; bit++) {
    result = result * 2 + ((value >>> bit) & 1)
  }
  return result
}

/** "AV1 Codec ISO Media File Format Binding", section 5. */
function formatAv1(config: Buffer): string {
  const profile = config.readUInt8(1) >> 5
  const level = String(config.readUInt8(1) & 0x1f).padStart(2, '0')
  const flags = config.readUInt8(2)
  const tier = (flags & 0x80) === 0 ? 'M' : 'H'
  const bitDepth = (flags & 0x40) === 0 ? '08' : (flags & 0x20) === 0 ? '10' : '12'
  return `${profile}.${level}${tier}.${bitDepth}`
}

const ES_DESCRIPTOR = 3
const DECODER_CONFIG_DESCRIPTOR = 4
const DECODER_SPECIFIC_INFO = 5

/** Reads the object type from the nested descriptors of ISO/IEC 14496-1. */
function readAacObjectType(esds: Buffer): number {
  // Version and flags of the box.
  let position = 4
  const enterDescriptor = () => {
    const tag = esds.readUInt8(position++)
    // The length has one to four bytes; all but the last have their top bit set.
    while ((esds.readUInt8(position++) & 0x80) !== 0) {
      // Skipped.
    }
    return tag
  }
  if (enterDescriptor() === ES_DESCRIPTOR) {
    position += 3
  }
  if (enterDescriptor() === DECODER_CONFIG_DESCRIPTOR) {
    position += 13
  }
  if (enterDescriptor() !== DECODER_SPECIFIC_INFO) {
    throw new Error('mp4a has no decoder configuration')
  }
  const type = esds.readUInt8(position) >> 3
  // 31 is an escape: the type follows in the next six bits.
  return type === 31 ? 32 + ((esds.readUInt16BE(position) >> 5) & 0x3f) : type
}
