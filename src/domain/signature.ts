/**
 * Signatures: HMAC-SHA-256 under a key that is derived from a secret for one purpose, so that what is
 * signed for one is worth nothing for another. Several secrets at once let them be changed in turn.
 */
import { fromBase64url, toBase64url } from './base64url.ts'

export type Purpose = 'stream-token' | 'signed-url'
/** The first signs; all are good for checking. */
export type SigningKeys = readonly { id: string; secret: string }[]

const encoder = new TextEncoder()

async function keyOf(secret: string, purpose: Purpose): Promise<CryptoKey> {
  const raw = await crypto.subtle.importKey('raw', encoder.encode(secret), 'HKDF', false, [
    'deriveKey',
  ])
  const salt = encoder.encode('reelqueue')
  return crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt, info: encoder.encode(purpose) },
    raw,
    { name: 'HMAC', hash: 'SHA-256', length: 256 },
    false,
    ['sign', 'verify'],
  )
}

/** `id.mac`, by the first key of a ring that has one. */
export async function sign(ring: SigningKeys, purpose: Purpose, text: string): Promise<string> {
  const { id, secret } = ring[0]!
  const mac = await crypto.subtle.sign('HMAC', await keyOf(secret, purpose), encoder.encode(text))
  return `${id}.${toBase64url(new Uint8Array(mac))}`
}

/** Whether one of the ring's keys has signed this text for this purpose. */
export async function isSigned(
  ring: SigningKeys,
  purpose: Purpose,
  text: string,
  signature: string,
): Promise<boolean> {
  const [id, written, ...rest] = signature.split('.')
  const key = ring.find((one) => one.id === id)
  const mac = written === undefined || rest.length > 0 ? null : fromBase64url(written)
  // One text for one signature: the last character of base64url has bits to spare.
  if (!key || !mac || toBase64url(mac) !== written) {
    return false
  }
  return crypto.subtle.verify('HMAC', await keyOf(key.secret, purpose), mac, encoder.encode(text))
}
