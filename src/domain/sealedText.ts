/**
 * Sealed texts: encrypted with AES-GCM, so that clients can neither read nor change them. The
 * encryption key is derived from a signing key for one purpose, so a text that is sealed for one
 * purpose cannot be opened for another.
 */
import { fromBase64url, toBase64url } from './base64url.ts'
import { deriveKey } from './derivedKeys.ts'
import type { SigningKeys } from './signature.ts'

const IV_BYTES = 12
const encoder = new TextEncoder()

function deriveSealingKey(secret: string, purpose: string) {
  return deriveKey(secret, `sealed ${purpose}`, 'AES-GCM')
}

/**
 * Seals a text with the first key. There must be at least one key. The result shows the length of
 * the text.
 */
export async function sealText(keys: SigningKeys, purpose: string, text: string): Promise<string> {
  const key = await deriveSealingKey(keys[0]!.secret, purpose)
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, encoder.encode(text))
  return toBase64url(Uint8Array.of(...iv, ...new Uint8Array(sealed)))
}

/** Returns the text; null if it was not sealed for this purpose with one of the keys. */
export async function openSealedText(
  keys: SigningKeys,
  purpose: string,
  sealed: string,
): Promise<string | null> {
  const bytes = fromBase64url(sealed)
  // The last character of base64url has unused bits, so one text could be written in several ways.
  if (!bytes || bytes.length <= IV_BYTES || toBase64url(bytes) !== sealed) {
    return null
  }
  const algorithm = { name: 'AES-GCM', iv: bytes.slice(0, IV_BYTES) }
  for (const { secret } of keys) {
    const key = await deriveSealingKey(secret, purpose)
    const opened = await crypto.subtle
      .decrypt(algorithm, key, bytes.slice(IV_BYTES))
      .catch(() => null)
    if (opened) {
      return new TextDecoder().decode(opened)
    }
  }
  return null
}
