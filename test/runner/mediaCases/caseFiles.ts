/** Makes files with faults that real files have, in the folder of the clips. */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { inject } from 'vitest'
import { args } from '../../fixtures/args.ts'
import { clip } from '../helpers/runnerHarness.ts'

const execute = promisify(execFile)

/** Runs ffmpeg in the folder of the clips. */
export function ffmpeg(list: string[]): Promise<unknown> {
  return execute('ffmpeg', args`-v error -nostdin -y ${list}`, { cwd: inject('clips') })
}

/** Writes a changed copy of a clip. */
export async function changeBytes(
  from: string,
  to: string,
  change: (bytes: Buffer) => Buffer,
): Promise<void> {
  await writeFile(clip(to), change(await readFile(clip(from))))
}

/** A box of MP4, from the byte `start` (inclusive) to `end` (exclusive). */
interface Box {
  type: string
  start: number
  end: number
}

const CONTAINERS = ['moov', 'trak', 'mdia', 'minf', 'stbl']
const HEADER_BYTES = 8

function listBoxes(bytes: Buffer, start: number, end: number): Box[] {
  const boxes: Box[] = []
  for (let at = start; at + HEADER_BYTES <= end;) {
    const size = bytes.readUInt32BE(at)
    boxes.push({ type: bytes.toString('latin1', at + 4, at + 8), start: at, end: at + size })
    at += size
  }
  return boxes
}

/**
 * Rebuilds an MP4 file.
 *
 * @param replace returns the new bytes of a box that has no boxes inside; null to keep it
 */
export function replaceBoxes(
  bytes: Buffer,
  replace: (box: { type: string; handler: 'vide' | 'soun' | null; bytes: Buffer }) => Buffer | null,
): Buffer {
  function build({ type, start, end }: Box, handler: 'vide' | 'soun' | null): Buffer {
    const own = bytes.subarray(start, end)
    const inside =
      type === 'trak'
        ? own.includes('smhd')
          ? 'soun'
          : own.includes('vmhd')
            ? 'vide'
            : null
        : handler
    if (!CONTAINERS.includes(type)) {
      return replace({ type, handler: inside, bytes: own }) ?? own
    }
    const body = Buffer.concat(
      listBoxes(bytes, start + HEADER_BYTES, end).map((box) => build(box, inside)),
    )
    return formatBox(type, body)
  }
  return Buffer.concat(listBoxes(bytes, 0, bytes.length).map((box) => build(box, null)))
}

export function formatBox(type: string, body: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt32BE(body.length + HEADER_BYTES)
  header.write(type, 4, 'latin1')
  return Buffer.concat([header, body])
}

/** Removes all packets of the audio of an MP4 file from its index, and keeps its duration. */
export function emptyAudioTrack(bytes: Buffer): Buffer {
  return replaceBoxes(bytes, ({ type, handler }) => {
    if (handler !== 'soun') {
      return null
    }
    if (['stts', 'stsc', 'stco', 'co64'].includes(type)) {
      return formatBox(type, Buffer.alloc(8))
    }
    if (type === 'stsz') {
      return formatBox(type, Buffer.alloc(12))
    }
    return ['sgpd', 'sbgp', 'edts'].includes(type) ? Buffer.alloc(0) : null
  })
}

/** Gives the first AAC track of a MOV file the name of a codec that ffmpeg does not know. */
export function renameFirstAudioCodec(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes)
  let at = changed.indexOf('mp4a')
  // A sample entry begins with six zeros and the number 1; other uses of the name do not.
  while (at >= 0 && changed.toString('hex', at + 4, at + 12) !== '0000000000000001') {
    at = changed.indexOf('mp4a', at + 4)
  }
  changed.write('apac', at, 'latin1')
  const inside = changed.indexOf('wave', at)
  if (inside >= 0) {
    changed.write('dapa', inside, 'latin1')
  }
  return changed
}

/** With it, a fragmented MP4 file of four fragments is large enough to get an index. */
const FRAGMENT_PADDING_BYTES = 2.5e6

/**
 * Moves the times of the fragments from one on, counted from 0, and adds padding after each fragment.
 * All fragments must have one video and one audio track, and state positions from their own start.
 */
export function shiftFragments(
  bytes: Buffer,
  { from, seconds }: { from: number; seconds: number },
): Buffer {
  const scales = findAll(bytes, 'mdhd').map((at) => bytes.readUInt32BE(at + 16))
  let fragment = -1
  return Buffer.concat(
    listBoxes(bytes, 0, bytes.length)
      .filter(({ type }) => type !== 'mfra')
      .flatMap(({ type, start, end }) => {
        const box = Buffer.from(bytes.subarray(start, end))
        fragment += type === 'moof' ? 1 : 0
        if (type === 'moof' && fragment >= from) {
          findAll(box, 'tfdt').forEach((at, track) => {
            const time = box.readBigUInt64BE(at + 8)
            box.writeBigUInt64BE(time + BigInt(seconds * Number(scales[track])), at + 8)
          })
        }
        const padding = formatBox('free', Buffer.alloc(FRAGMENT_PADDING_BYTES))
        return type === 'mdat' ? [box, padding] : [box]
      }),
  )
}

/** Returns the positions of a text. */
export function findAll(bytes: Buffer, text: string): number[] {
  const positions: number[] = []
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + text.length)) {
    positions.push(at)
  }
  return positions
}
