/** Secrets of webhooks: how they are stored, and which ones sign. */
import type { WebhookRow } from '../../db/rows.ts'
import { chargedKeyId, type Caller } from '../../domain/caller.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import { openSealedText, sealText } from '../../domain/sealedText.ts'
import { deriveWebhookSecret } from '../../domain/webhookSignature.ts'
import type { Platform } from '../ports.ts'

const PURPOSE = 'webhook secret'
/** In place of the id of an API key, for the jobs of the root key. */
const ROOT_JOBS = 'root'

type Signing = Pick<Platform, 'signingKeys'>

/** Seals a secret for its row. @returns an error if the service has no signing key */
export async function sealSecret(
  platform: Signing,
  secret: string,
): Promise<{ ok: true; sealed: string } | ErrorResult<'not_configured'>> {
  const signingKeys = platform.signingKeys()
  return signingKeys.length === 0
    ? errorResult('not_configured', 'Webhooks need the secret SIGNING_KEYS or API_KEY.')
    : { ok: true, sealed: await sealText(signingKeys, PURPOSE, secret) }
}

/**
 * Returns the secrets that sign the messages of an endpoint: the current one first, and the previous one
 * until it expires. Null if the secret cannot be read, because the signing key that sealed it is gone.
 */
export async function readSecrets(
  platform: Signing,
  endpoint: WebhookRow,
  now: number,
): Promise<string[] | null> {
  if (endpoint.forJobs) {
    return deriveJobSecrets(platform, endpoint.apiKeyId)
  }
  const signingKeys = platform.signingKeys()
  const current = await openSealedText(signingKeys, PURPOSE, endpoint.secret)
  if (current === null) {
    return null
  }
  const { previousSecret, previousSecretExpiresAt } = endpoint
  const isValid = previousSecret !== null && (previousSecretExpiresAt ?? 0) > now
  const previous = isValid ? await openSealedText(signingKeys, PURPOSE, previousSecret) : null
  return previous === null ? [current] : [current, previous]
}

/**
 * Returns the secrets that sign what is sent to the job URLs of a caller: one for each signing key, so that
 * both sign while the signing key is replaced.
 */
export function readJobSecrets(platform: Signing, caller: Pick<Caller, 'keyId'>) {
  return deriveJobSecrets(platform, chargedKeyId(caller))
}

function deriveJobSecrets(platform: Signing, apiKeyId: string | null): Promise<string[]> {
  return Promise.all(
    platform.signingKeys().map(({ secret }) => deriveWebhookSecret(secret, apiKeyId ?? ROOT_JOBS)),
  )
}
