/** SHA-256 digests in their text forms. */

/** The value of `Content-Digest` (RFC 9530) for a digest. */
export function contentDigest(sha256: ArrayBuffer): string {
  return `sha-256=:${btoa(String.fromCharCode(...new Uint8Array(sha256)))}:`
}

const SHA256 = /sha-256=:([A-Za-z0-9+/]{43}=):/

/** The SHA-256 digest in a `Content-Digest` header; undefined if it has none. */
export function parseContentDigest(header: string | undefined): Uint8Array | undefined {
  const digest = SHA256.exec(header ?? '')?.[1]
  return digest === undefined
    ? undefined
    : Uint8Array.from(atob(digest), (character) => character.charCodeAt(0))
}

const encoder = new TextEncoder()

export function sha256(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest('SHA-256', encoder.encode(text))
}

export function toHex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export async function sha256Hex(text: string): Promise<string> {
  return toHex(await sha256(text))
}
