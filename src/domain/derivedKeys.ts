/**
 * Keys that are derived from a secret for one purpose, by HKDF. They are kept, because deriving a
 * key takes longer than signing or encrypting with it.
 */

type DerivedAlgorithm = 'HMAC' | 'AES-GCM'
/** `CryptoKey`, which is no type where only those of Node.js are known. */
type DerivedKey = Awaited<ReturnType<typeof crypto.subtle.deriveKey>>

/** There are a few purposes, and a secret more while it is replaced. */
const MAX_KEYS = 50

const encoder = new TextEncoder()
const SALT = encoder.encode('reelqueue')
const keys = new Map<string, DerivedKey>()

/** @param purpose a key for one purpose is of no use for another */
export async function deriveKey(
  secret: string,
  purpose: string,
  algorithm: DerivedAlgorithm,
): Promise<DerivedKey> {
  const name = JSON.stringify([algorithm, purpose, secret])
  const kept = keys.get(name)
  if (kept) {
    return kept
  }
  const raw = await crypto.subtle.importKey('raw', encoder.encode(secret), 'HKDF', false, [
    'deriveKey',
  ])
  const key = await crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: SALT, info: encoder.encode(purpose) },
    raw,
    algorithm === 'HMAC'
      ? { name: 'HMAC', hash: 'SHA-256', length: 256 }
      : { name: 'AES-GCM', length: 256 },
    false,
    algorithm === 'HMAC' ? ['sign', 'verify'] : ['encrypt', 'decrypt'],
  )
  if (keys.size >= MAX_KEYS) {
    keys.clear()
  }
  keys.set(name, key)
  return key
}
