/**
 * Signatures: HMAC-SHA-256 with a key that is derived from a secret for one purpose. A signature
 * for one purpose is not valid for another. Several secrets can be valid at once, so that they can
 * be replaced one after the other.
 */
import { fromBase64url, toBase64url } from './base64url.ts'
import { deriveKey } from './derivedKeys.ts'

export type Purpose = 'stream-token' | 'signed-url' | 'tus-upload' | 'upload-part'
/** The first key signs. All of them verify. */
export type SigningKeys = readonly { id: string; secret: string }[]

const encoder = new TextEncoder()

/** Returns `id.mac`, signed with the first key. There must be at least one key. */
export async function sign(keys: SigningKeys, purpose: Purpose, text: string): Promise<string> {
  const { id, secret } = keys[0]!
  const key = await deriveKey(secret, purpose, 'HMAC')
  const mac = await crypto.subtle.sign('HMAC', key, encoder.encode(text))
  return `${id}.${toBase64url(new Uint8Array(mac))}`
}

/** True if the key that the signature names has signed this text for this purpose. */
export async function isValidSignature(
  keys: SigningKeys,
  purpose: Purpose,
  text: string,
  signature: string,
): Promise<boolean> {
  const [id, written, ...rest] = signature.split('.')
  const key = keys.find((one) => one.id === id)
  const mac = written === undefined || rest.length > 0 ? null : fromBase64url(written)
  // The last character of base64url has unused bits, so one MAC could be written in several ways.
  if (!key || !mac || toBase64url(mac) !== written) {
    return false
  }
  const derived = await deriveKey(key.secret, purpose, 'HMAC')
  return crypto.subtle.verify('HMAC', derived, mac, encoder.encode(text))
}
