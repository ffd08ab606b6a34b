/** Checksums of tus requests (`Upload-Checksum`). */

/** Names of the protocol, and of Web Crypto. */
const ALGORITHMS = { sha1: 'SHA-1', sha256: 'SHA-256', md5: 'MD5' } as const
type Algorithm = keyof typeof ALGORITHMS
export const CHECKSUM_ALGORITHMS = Object.keys(ALGORITHMS) as Algorithm[]

export interface Checksum {
  algorithm: Algorithm
  /** In base64. */
  digest: string
}

export class ChecksumReader {
  private readonly checksum: Checksum
  private readonly stream: DigestStream
  private readonly writer: WritableStreamDefaultWriter<Uint8Array>

  constructor(checksum: Checksum) {
    this.checksum = checksum
    this.stream = new crypto.DigestStream(ALGORITHMS[checksum.algorithm])
    this.writer = this.stream.getWriter() as WritableStreamDefaultWriter<Uint8Array>
  }

  async add(bytes: Uint8Array): Promise<void> {
    await this.writer.write(bytes)
  }

  /** Ends the digest. */
  async matches(): Promise<boolean> {
    await this.writer.close()
    const digest = new Uint8Array(await this.stream.digest)
    return btoa(String.fromCharCode(...digest)) === this.checksum.digest
  }
}
