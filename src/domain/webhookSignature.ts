/** Secrets and signatures of webhooks, after the Standard Webhooks specification 1.0. */
import { deriveKey } from './derivedKeys.ts'

const PREFIX = 'whsec_'
const SECRET_BYTES = 32
const encoder = new TextEncoder()

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}

export function createWebhookSecret(): string {
  return `${PREFIX}${toBase64(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))}`
}

/**
 * Derives the secret for the job URLs of an API key from a signing key, so that nothing must be stored for
 * it.
 */
export async function deriveWebhookSecret(signingSecret: string, keyId: string): Promise<string> {
  const key = await deriveKey(signingSecret, 'webhook secrets', 'HMAC')
  const bytes = await crypto.subtle.sign('HMAC', key, encoder.encode(keyId))
  return `${PREFIX}${toBase64(new Uint8Array(bytes))}`
}

function importKey(bytes: Uint8Array<ArrayBuffer>) {
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
}

/**
 * Returns the headers of a message. It is signed with each of the secrets, so that a receiver can use the
 * old or the new one during a rotation.
 *
 * @param now time of the attempt (ms since the epoch)
 */
export async function signMessage(
  secrets: readonly string[],
  { id, body, now }: { id: string; body: string; now: number },
): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1000))
  const signed = encoder.encode(`${id}.${timestamp}.${body}`)
  const signatures = await Promise.all(
    secrets.map(async (secret) => {
      const bytes = Uint8Array.from(atob(secret.slice(PREFIX.length)), (c) => c.charCodeAt(0))
      const signature = await crypto.subtle.sign('HMAC', await importKey(bytes), signed)
      return `v1,${toBase64(new Uint8Array(signature))}`
    }),
  )
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  }
}
