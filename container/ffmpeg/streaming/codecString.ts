/**
 * The name of a codec with its profile and level as playlists give it (RFC 6381), read from the
 * decoder's own settings, so that it says what is there and not what was asked for.
 */

/**
 * @param entry the type of the sample entry, e.g. `avc1`
 * @param settings the body of a box within it; null when there is none of that type
 * @throws Error for a codec that is not known here, or that lacks its settings
 */
export function codecString(entry: string, settings: (box: string) => Buffer | null): string {
  const need = (box: string) => {
    const body = settings(box)
    if (body === null) {
      throw new Error(`${entry} comes without ${box}`)
    }
    return body
  }
  switch (entry) {
    case 'avc1':
      return `avc1.${need('avcC').toString('hex', 1, 4)}`
    case 'hvc1':
      return `hvc1.${hevc(need('hvcC'))}`
    case 'av01':
      return `av01.${av1(need('av1C'))}`
    case 'mp4a':
      return `mp4a.40.${aacObjectType(need('esds'))}`
    default:
      throw new Error(`the codec ${entry} has no name in a playlist`)
  }
}

/** ISO/IEC 14496-15, annex E.3. */
function hevc(settings: Buffer): string {
  const general = settings.readUInt8(1)
  const space = ['', 'A', 'B', 'C'][general >> 6]
  const tier = (general & 0x20) === 0 ? 'L' : 'H'
  const compatible = reversed(settings.readUInt32BE(2)).toString(16).toUpperCase()
  const constraints = [...settings.subarray(6, 12)]
  while (constraints.at(-1) === 0) {
    constraints.pop()
  }
  const tail = constraints.map((each) => `.${each.toString(16).toUpperCase()}`).join('')
  return `${space}${general & 0x1f}.${compatible}.${tier}${settings.readUInt8(12)}${tail}`
}

/** The bits of a 32-bit number from the last to the first. */
function reversed(value: number): number {
  let result = 0
  for (let bit = 0; bit < 32; bit++) {
    result = result * 2 + ((value >>> bit) & 1)
  }
  return result
}

/** "AV1 Codec ISO Media File Format Binding", section 5. */
function av1(settings: Buffer): string {
  const profile = settings.readUInt8(1) >> 5
  const level = String(settings.readUInt8(1) & 0x1f).padStart(2, '0')
  const flags = settings.readUInt8(2)
  const depth = (flags & 0x40) === 0 ? '08' : (flags & 0x20) === 0 ? '10' : '12'
  return `${profile}.${level}${(flags & 0x80) === 0 ? 'M' : 'H'}.${depth}`
}

/** In the DecoderSpecificInfo (tag 5) of the descriptors, whose lengths take one to four bytes. */
function aacObjectType(esds: Buffer): number {
  let at = 4
  const enter = () => {
    const tag = esds.readUInt8(at++)
    while ((esds.readUInt8(at++) & 0x80) !== 0) {
      // Each byte with the top bit set is followed by another length byte.
    }
    return tag
  }
  if (enter() === 3) {
    at += 3
  }
  if (enter() === 4) {
    at += 13
  }
  if (enter() !== 5) {
    throw new Error('mp4a comes without its settings')
  }
  const type = esds.readUInt8(at) >> 3
  return type === 31 ? 32 + ((esds.readUInt16BE(at) >> 5) & 0x3f) : type
}
