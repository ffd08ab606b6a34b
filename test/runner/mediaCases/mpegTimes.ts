/** Changes the times of packets in MPEG-TS files, and joins recordings byte by byte. */

const TS_PACKET_BYTES = 188
const TICKS_PER_SECOND = 90_000

/** Adds `seconds` to the times of one packet of the stream with this PID. */
export function delayPackets(
  bytes: Buffer,
  { pid, index, seconds }: { pid: number; index: number; seconds: number },
): Buffer {
  const changed = Buffer.from(bytes)
  const header = listPackets(changed, pid)[index]
  if (header === undefined) {
    throw new Error(`there is no packet ${index}`)
  }
  const hasDecodingTime = (changed[header + 7]! & 0x40) !== 0
  for (const at of [header + 9, ...(hasDecodingTime ? [header + 14] : [])]) {
    writeTime(changed, at, readTime(changed, at) + seconds * TICKS_PER_SECOND)
  }
  return changed
}

/** Returns the positions of the headers of the packets of a stream. */
function listPackets(bytes: Buffer, pid: number): number[] {
  const found: number[] = []
  for (let at = 0; at < bytes.length; at += TS_PACKET_BYTES) {
    const begins = (bytes[at + 1]! & 0x40) !== 0
    if (begins && (bytes.readUInt16BE(at + 1) & 0x1fff) === pid) {
      const hasAdaptation = (bytes[at + 3]! & 0x20) !== 0
      found.push(at + 4 + (hasAdaptation ? 1 + bytes[at + 4]! : 0))
    }
  }
  return found
}

/** Reads a time of 33 bits, of which 3, 15 and 15 are followed by a marker bit. */
function readTime(bytes: Buffer, at: number): number {
  const high = (bytes[at]! >> 1) & 7
  return (
    high * 2 ** 30 + (bytes.readUInt16BE(at + 1) >> 1) * 2 ** 15 + (bytes.readUInt16BE(at + 3) >> 1)
  )
}

function writeTime(bytes: Buffer, at: number, time: number): void {
  bytes[at] = (bytes[at]! & 0xf0) | (Math.floor(time / 2 ** 30) << 1) | 1
  bytes.writeUInt16BE((Math.floor(time / 2 ** 15) % 2 ** 15) * 2 + 1, at + 1)
  bytes.writeUInt16BE((time % 2 ** 15) * 2 + 1, at + 3)
}

const FLV_HEADER_BYTES = 13
const CLUSTER = '1f43b675'

/** Joins recordings, of which all but the first lose what precedes their packets. */
export function joinRecordings(type: string, [first, second]: Buffer[]): Buffer {
  const start = { flv: FLV_HEADER_BYTES, mkv: second!.indexOf(CLUSTER, 'hex') }[type] ?? 0
  return Buffer.concat([first!, second!.subarray(start)])
}
