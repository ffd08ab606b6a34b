/** The bytes of remote files, which differ from position to position and from version to version. */
import { mp4 } from './mediaBytes.ts'

export function makeRemoteFile(size: number, version = 1): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(size)
  for (let index = 0; index < size; index++) {
    file[index] = index * 31 + (index >> 12) + version
  }
  file.set(mp4().subarray(0, size))
  return file
}
