/** How a digest of some bytes is written in `Content-Digest` (RFC 9530). */
export function contentDigest(sha256: ArrayBuffer): string {
  return `sha-256=:${btoa(String.fromCharCode(...new Uint8Array(sha256)))}:`
}
